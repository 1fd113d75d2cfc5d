//! Which system calls a child may not make.
//!
//! Landlock stops TCP only, so sockets are refused here, and with them whatever could make one by another way
//! (`io_uring`) or reach into another process. A list of what is refused, not of what is allowed: ffmpeg's libraries
//! use what the C library of the day uses, and a missing entry would break encoding on the next Debian.

use std::io;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

const REFUSED: [libc::c_long; 23] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_keyctl,
];

/// On x86-64 the same calls exist a second time under the x32 ABI, with this bit set in their numbers.
const X32: libc::c_long = 0x4000_0000;

pub(super) fn filter() -> io::Result<BpfProgram> {
    let numbers = REFUSED.into_iter().chain(REFUSED.map(|number| number | X32));
    #[expect(clippy::useless_conversion, reason = "c_long is 32 bits wide on 32-bit targets")]
    let rules = numbers.map(|number| (i64::from(number), Vec::new())).collect();
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let target = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, target).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}

/// Runs in the child, before exec.
pub(super) fn enter(filter: &BpfProgram) -> io::Result<()> {
    apply_filter(filter).map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))
}
