//! Which files a child may touch.

use std::io;

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, Scope, path_beneath_rules,
};

use super::Allowance;

/// The newest rights that are asked for; an older kernel enforces those it knows.
const NEWEST: ABI = ABI::V6;
/// Where the dynamic linker looks. Nothing else of the system is needed, `/proc` least of all.
const LIBRARIES: [&str; 6] = [
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
];

pub(super) fn is_supported() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}

pub(super) fn ruleset(allowance: &Allowance<'_>) -> io::Result<RulesetCreated> {
    let read = AccessFs::from_read(NEWEST);
    let read_file = AccessFs::ReadFile;
    let program = PathFd::new(allowance.program).map_err(io::Error::other)?;
    let input = PathFd::new(allowance.input).map_err(io::Error::other)?;
    let build = || {
        let mut ruleset = Ruleset::default()
            .handle_access(AccessFs::from_all(NEWEST))?
            .scope(Scope::AbstractUnixSocket | Scope::Signal)?
            .create()?
            .add_rules(path_beneath_rules(LIBRARIES, read))?
            .add_rules(path_beneath_rules(["/dev/urandom"], read_file))?
            .add_rules(path_beneath_rules(["/dev/null"], read_file | AccessFs::WriteFile))?
            .add_rule(PathBeneath::new(program, read_file | AccessFs::Execute))?
            .add_rule(PathBeneath::new(input, read_file))?;
        if let Some(work) = allowance.work {
            let make = AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::WriteFile | AccessFs::Truncate;
            let within = read_file | AccessFs::ReadDir | make;
            ruleset = ruleset.add_rules(path_beneath_rules([work], within))?;
        }
        Ok(ruleset)
    };
    build().map_err(|error: landlock::RulesetError| io::Error::other(error))
}

/// Runs in the child, before exec. The child keeps a duplicate, since `pre_exec` may be called again.
pub(super) fn enter(ruleset: &RulesetCreated) -> io::Result<()> {
    ruleset
        .try_clone()?
        .restrict_self()
        .map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))?;
    Ok(())
}
