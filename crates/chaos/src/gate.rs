//! A gate before the database: closed, it breaks all connections and takes none.

use anyhow::Result;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Ends with the runtime.
pub(crate) struct Gate {
    port: u16,
    is_open: watch::Sender<bool>,
}

impl Gate {
    /// Before a port of this machine.
    pub(crate) async fn before(target: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let gate = Self {
            port: listener.local_addr()?.port(),
            is_open: watch::Sender::new(true),
        };
        let is_open = gate.is_open.subscribe();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                if *is_open.borrow() {
                    tokio::spawn(pass(socket, target, is_open.clone()));
                }
            }
        });
        Ok(gate)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }
}

async fn pass(mut socket: TcpStream, target: u16, mut is_open: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await else {
        return;
    };
    // However it ends, both connections end with it.
    tokio::select! {
        _ = copy_bidirectional(&mut socket, &mut server) => {}
        _ = is_open.wait_for(|is_open| !is_open) => {}
    }
}
