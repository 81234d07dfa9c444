//! `/proc/self/mountinfo` (proc_pid_mountinfo(5)). Reading it touches none of the file systems that it names.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// `major:minor`
    pub(super) device: String,
    /// What of the file system is mounted; `/` for all of it.
    pub(super) root: PathBuf,
    pub(super) point: PathBuf,
    pub(super) file_system: String,
    pub(super) source: String,
    pub(super) read_only: bool,
}

impl Mount {
    /// Whether another machine or program answers for it, and may never do so.
    pub(super) fn is_remote(&self) -> bool {
        const REMOTE: [&str; 15] = [
            "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2", "lustre", "ncpfs",
            "nfs", "nfs4", "ocfs2",
        ];
        self.file_system.starts_with("fuse.")
            || self.file_system.starts_with("smb")
            || REMOTE.contains(&&*self.file_system)
    }
}

/// All mounts, later ones over earlier ones; none where there is no such file.
pub(super) fn mounts() -> Vec<Mount> {
    std::fs::read("/proc/self/mountinfo").map(|text| parse(&text)).unwrap_or_default()
}

/// Lines that are not as the kernel writes them are left out.
pub(super) fn parse(text: &[u8]) -> Vec<Mount> {
    text.split(|octet| *octet == b'\n').filter_map(line).collect()
}

/// `36 35 98:0 /root /point rw,noatime shared:1 - ext4 /dev/sda1 rw`
fn line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|octet| *octet == b' ');
    let device = text(fields.nth(2)?);
    let root = path(fields.next()?);
    let point = path(fields.next()?);
    let options = fields.next()?;
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let file_system = text(fields.next()?);
    let source = text(&unescaped(fields.next()?));
    let super_options = fields.next().unwrap_or_default();
    let read_only =
        [options, super_options].iter().any(|options| options.split(|octet| *octet == b',').next() == Some(b"ro"));
    Some(Mount { device, root, point, file_system, source, read_only })
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn path(field: &[u8]) -> PathBuf {
    OsString::from_vec(unescaped(field)).into()
}

/// Space, tab, newline, backslash and `#` stand as `\ooo`, octal.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(octal);
        octets.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[3..] } else { after };
    }
    octets
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

/// Finds the mount that a path is on, by its name alone: no file system is touched, and so no symbolic link is followed.
pub(super) struct MountPoints(std::collections::HashMap<PathBuf, Mount>);

impl MountPoints {
    pub(super) fn new(mounts: Vec<Mount>) -> Self {
        MountPoints(mounts.into_iter().map(|mount| (mount.point.clone(), mount)).collect())
    }

    pub(super) fn of(&self, path: &Path) -> Option<&Mount> {
        path.ancestors().find_map(|ancestor| self.0.get(ancestor))
    }
}

/// The length of a path, to prefer short ones.
pub(super) fn length(path: &Path) -> usize {
    path.as_os_str().as_bytes().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &[u8] = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
        30 22 0:26 / /mnt/a\\040b\\134c rw - nfs4 server:/ex\\040port rw,vers=4.2\n\
        31 22 7:0 / /snap/x/1 ro,nodev shared:2 master:1 - squashfs /dev/loop0 ro\n\
        garbage\n\
        32 22 8:17 /sub /srv rw - xfs /dev/sdb1 rw\n";

    #[test]
    fn the_kernels_lines_are_read() {
        let mounts = parse(MOUNTINFO);
        assert_eq!(mounts.len(), 4);
        assert_eq!((mounts[0].device.as_str(), mounts[0].point.to_str()), ("8:1", Some("/")));
        assert_eq!(mounts[1].point, Path::new("/mnt/a b\\c"));
        assert_eq!((mounts[1].source.as_str(), mounts[1].is_remote()), ("server:/ex port", true));
        assert_eq!(mounts.iter().map(|mount| mount.read_only).collect::<Vec<_>>(), [false, false, true, false]);
        assert_eq!((mounts[3].root.to_str(), mounts[3].file_system.as_str()), (Some("/sub"), "xfs"));
    }

    #[test]
    fn a_path_is_on_the_nearest_mount_above_it() {
        let points = MountPoints::new(parse(MOUNTINFO));
        let of = |path: &str| points.of(Path::new(path)).map(|mount| mount.point.clone());
        assert_eq!(of("/srv/www"), Some("/srv".into()));
        assert_eq!(of("/srvx"), Some("/".into()));
        assert_eq!(of("/mnt/a b\\c"), Some("/mnt/a b\\c".into()));
        assert_eq!(of("relative"), None);
    }

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(unescaped(b"a\\04"), b"a\\04");
        assert_eq!(unescaped(b"\\999\\011\\"), b"\\999\t\\");
    }
}
