//! Which system calls a child may not make.
//!
//! Landlock stops TCP only, so sockets are refused here; and with them whatever could make one by another way
//! (`io_uring`), start a process that outlives its owner, reach into another process, or take memory that no limit
//! counts. A list of what is refused, not of what is allowed: ffmpeg's libraries use what the C library of the day
//! uses, and a missing entry would break encoding on the next Debian.

use std::{collections::BTreeMap, io};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

/// Refused whatever their arguments.
const REFUSED: &[libc::c_long] = &[
    // Other ends.
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
    // Other processes.
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    // Memory outside of RLIMIT_AS, which may outlive its maker.
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_semget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
    libc::SYS_memfd_create,
    // Files by name that Landlock before its third version lets through.
    libc::SYS_truncate,
    // The kernel's larger doors.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// On x86-64 the same calls exist a second time under the x32 ABI, with this bit set in their numbers.
const X32: libc::c_long = 0x4000_0000;

/// The filters of one child, to be entered in this order.
pub(super) struct Filters([BpfProgram; 2]);

pub(super) fn filters() -> io::Result<Filters> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let mut refuse = |number: libc::c_long, rule: Option<SeccompRule>| {
        for number in [number, number | X32] {
            rules.insert(number, rule.iter().cloned().collect());
        }
    };
    for number in REFUSED {
        refuse(*number, None);
    }
    // A thread is welcome, a process is not.
    let no_thread = SeccompCmpOp::MaskedEq(libc::CLONE_THREAD.cast_unsigned().into());
    refuse(libc::SYS_clone, Some(when_first_argument(no_thread, 0)?));
    // Its own limits are final already; those of others are none of its business.
    refuse(libc::SYS_prlimit64, Some(when_first_argument(SeccompCmpOp::Ne, 0)?));
    // Its arguments are out of a filter's sight. As if the kernel had none, so that the C library takes `clone`.
    let clone3 = [libc::SYS_clone3, libc::SYS_clone3 | X32].map(|number| (number, Vec::new()));
    Ok(Filters([
        compile(rules, libc::EPERM)?,
        compile(clone3.into(), libc::ENOSYS)?,
    ]))
}

fn when_first_argument(operator: SeccompCmpOp, value: u64) -> io::Result<SeccompRule> {
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, operator, value).map_err(io::Error::other)?;
    SeccompRule::new(vec![condition]).map_err(io::Error::other)
}

fn compile(rules: BTreeMap<i64, Vec<SeccompRule>>, error: libc::c_int) -> io::Result<BpfProgram> {
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    let target = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, target).map_err(io::Error::other)?;
    filter.try_into().map_err(io::Error::other)
}

/// Runs in the child, before exec.
pub(super) fn enter(filters: &Filters) -> io::Result<()> {
    for filter in &filters.0 {
        apply_filter(filter).map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))?;
    }
    Ok(())
}
