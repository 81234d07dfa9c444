//! `--ready-file`: the address that is listened on, for whoever has started the command and waits for it.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use crate::failure::Failure;

/// Writes the addresses, each on a line. Whoever waits for the file must never find it half written.
pub(crate) fn write(path: &Path, addresses: &[SocketAddr]) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || {
        let mut file = builder().tempfile_in(folder)?;
        for address in addresses {
            writeln!(file, "{address}")?;
        }
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file("write the ready file", path, &error))
}

/// Before the command listens, and once it has ended: an earlier run's would name another address.
pub(crate) fn remove(path: &Path) {
    let _ = std::fs::remove_file(path); // it may be gone already
}

/// Readable by whoever waits for it, as an ordinary file would be.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder
}
