//! The script that servers start in place of a worker, and what one launch can be ordered to do instead.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::Result;

/// Found, and taken away, by the launch that obeys.
const ORDER: &str = "order";

/// The next launch does this instead: `never`, `twice` or `full`.
pub(crate) fn order(folder: &Path, order: &str) -> Result<()> {
    Ok(fs::write(folder.join(ORDER), order)?)
}

/// Whether the order still waits for a launch.
pub(crate) fn is_waiting(folder: &Path) -> bool {
    folder.join(ORDER).exists()
}

/// Whether a launch has done what was ordered. If not, none will.
pub(crate) fn take_order_back(folder: &Path) -> bool {
    fs::remove_file(folder.join(ORDER)).is_err()
}

/// What the server starts in place of a worker. Mostly it becomes one; but one launch finds the order, and obeys.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let script = format!(
        r#"#!/bin/sh
# A mount of its own needs a name space of its own, and for whoever is not root that of users as well.
alone="unshare --mount"; [ "$(id -u)" = 0 ] || alone="$alone --map-root-user"
folder='{}'
segue="$folder/bin/segue"
order=
if mv "$folder/order" "$folder/order.$$" 2>/dev/null; then
    order=$(cat "$folder/order.$$"); rm -f "$folder/order.$$"
fi
case "$order" in
never) exit 0 ;;
twice) "$segue" "$@" & exec "$segue" "$@" ;;
full) exec $alone sh -c 'mount -t tmpfs -o size=16k segue "$0" && SEGUE_WORK_DIR="$0" exec "$@"' "$folder/full" "$segue" "$@" ;;
*) exec "$segue" "$@" ;;
esac
"#,
        folder.display()
    );
    let path = folder.join("bin/launch");
    fs::write(&path, script)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}
