//! What could be watched: the file systems that are mounted here.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::mounts::{self, Mount, length};

/// A file system that could be watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// A name for the service; no two are the same.
    pub name: String,
    /// Where it is mounted.
    pub path: PathBuf,
    /// What it is, such as `ext4`.
    pub file_system: String,
}

/// What holds no files of its own, or none that grow.
const LEFT_OUT: [&str; 36] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cramfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fuse.gvfsd-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.snapfuse",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "none",
    "nsfs",
    "overlay",
    "proc",
    "pstore",
    "ramfs",
    "romfs",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
];

/// The file systems that are mounted here, one for each device (of ZFS one for each pool), in the order of their paths.
/// Those in memory, overlays, images and the kernel's own are left out, and so is what cannot be written.
#[must_use]
pub fn discover() -> Vec<Discovered> {
    propose(mounts::mounts())
}

fn propose(mounts: Vec<Mount>) -> Vec<Discovered> {
    let mut of_device: HashMap<String, Mount> = HashMap::new();
    for mount in mounts {
        if LEFT_OUT.contains(&&*mount.file_system) || mount.read_only {
            continue;
        }
        let device = device(&mount);
        match of_device.get(&device) {
            Some(known) if rank(known) <= rank(&mount) => {}
            _ => drop(of_device.insert(device, mount)),
        }
    }
    let mut found: Vec<Mount> = of_device.into_values().collect();
    found.sort_by(|one, other| one.point.cmp(&other.point));
    let mut names = HashSet::new();
    let named = found.into_iter().map(|mount| Discovered {
        name: name(&mount, &mut names),
        path: mount.point,
        file_system: mount.file_system,
    });
    named.collect()
}

/// Datasets of one ZFS pool share its space.
fn device(mount: &Mount) -> String {
    match mount.source.split('/').next() {
        Some(pool) if mount.file_system == "zfs" => format!("zfs {pool}"),
        _ => mount.device.clone(),
    }
}

/// The whole of a file system before a part of it, and short paths before long ones.
fn rank(mount: &Mount) -> (bool, usize) {
    (mount.root.as_os_str() != "/", length(&mount.point))
}

/// The last part of the path, or as much of its end as no other has; `root` for `/`.
fn name(mount: &Mount, taken: &mut HashSet<String>) -> String {
    let point = mount.point.to_string_lossy();
    let parts: Vec<&str> = point.split('/').filter(|part| !part.is_empty()).collect();
    let ends = (0..parts.len()).rev().map(|from| parts[from..].join("-"));
    let candidates = ends.chain(std::iter::once("root".to_owned()));
    let numbered = (2..).map(|number| format!("{}-{number}", parts.last().unwrap_or(&"root")));
    let free = candidates.chain(numbered).map(cleaned).find(|name| !name.is_empty() && !taken.contains(name));
    let name = free.unwrap_or_default();
    taken.insert(name.clone());
    name
}

fn cleaned(name: String) -> String {
    name.replace(char::is_control, "-").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_is_proposed_once() {
        let mounts = mounts::parse(
            b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
              2 1 0:5 / /proc rw - proc proc rw\n\
              3 1 0:6 / /tmp rw - tmpfs tmpfs rw\n\
              4 1 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro\n\
              5 1 0:7 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n\
              6 1 8:2 / /var/lib/postgresql rw - xfs /dev/sdb rw\n\
              7 1 8:2 /sub /srv rw - xfs /dev/sdb rw\n\
              8 1 8:3 / /mnt/data rw - ext4 /dev/sdc rw\n\
              9 1 8:4 / /srv/data rw - ext4 /dev/sdd rw\n\
              10 1 0:30 / /tank rw - zfs tank rw\n\
              11 1 0:31 / /tank/home rw - zfs tank/home rw\n\
              12 1 8:5 / /media/cd ro - ext4 /dev/sde ro\n",
        );
        let found: Vec<_> = propose(mounts).into_iter().map(|found| (found.name, found.path)).collect();
        let expected = [
            ("root", "/"),
            ("data", "/mnt/data"),
            ("srv-data", "/srv/data"),
            ("tank", "/tank"),
            ("postgresql", "/var/lib/postgresql"),
        ];
        assert_eq!(found, expected.map(|(name, path)| (name.to_owned(), PathBuf::from(path))));
    }
}
