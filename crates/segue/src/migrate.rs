//! `segue migrate`: the database's schema, brought up to date.

use crate::{failure::Failure, print, settings::DatabaseArgs};

/// Bring the database's schema up to date, as `segue serve` will do at its start
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    args.database.open().await?;
    print::to_stdout("the database is up to date")
}
