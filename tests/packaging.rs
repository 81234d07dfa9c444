//! What is installed beside the command: systemd takes its unit and its user, and the image starts it as it can be started.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hookseal_tests::{KEY, Outcome, hookseal, hookseal_bin};

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const UNITS: [&str; 2] = ["hookseal-receiver.service", "hookseal-notifier.service"];

/// What systemd says of a unit; nothing of a sound one.
fn verify(unit: &str, text: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(unit);
    let command = hookseal_bin().to_str().unwrap();
    fs::write(&path, text.replace("/usr/bin/hookseal", command)).unwrap();
    Outcome::of(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path), b"")
}

#[test]
fn systemd_has_nothing_to_say_of_the_units() {
    for unit in UNITS {
        let text = file(&format!("systemd/{unit}"));
        let sound = verify(unit, &text);
        assert_eq!((sound.status, sound.stdout.as_str(), sound.stderr.as_str()), (Some(0), "", ""));
        let misspelt = verify(unit, &text.replace("ProtectSystem=", "ProtektSystem="));
        assert!(misspelt.stderr.contains("ProtektSystem"), "{misspelt:?}");
    }
}

#[test]
fn systemd_makes_the_units_user() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("etc")).unwrap();
    let users = file("systemd/hookseal.sysusers.conf");
    let lines = users.lines().filter(|line| !line.starts_with('#'));
    let mut command = Command::new("systemd-sysusers");
    command.arg(format!("--root={}", root.path().display())).arg("--inline").args(lines);
    let made = Outcome::of(&mut command, b"");
    assert_eq!(made.status, Some(0), "{made:?}");
    let passwd = fs::read_to_string(root.path().join("etc/passwd")).unwrap();
    let user = passwd.lines().find(|line| line.starts_with("hookseal:")).unwrap_or_else(|| panic!("{passwd}"));
    assert!(user.contains(":/var/lib/hookseal:") && user.ends_with("/nologin"), "{user}");
    for unit in UNITS {
        let text = file(&format!("systemd/{unit}"));
        let name = unit.trim_end_matches(".service");
        assert!(text.contains("\nUser=hookseal\n") && text.contains(&format!("\nStateDirectory={name}\n")), "{text}");
    }
}

/// The configuration that the unit's head shows is one, and so is what the image starts with.
#[test]
fn what_the_unit_and_the_image_start_with_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let unit = file("systemd/hookseal-receiver.service");
    let lines = unit.lines().filter_map(|line| line.strip_prefix("#   ")).filter(|line| line.contains(" = "));
    let lines = lines.filter(|line| !line.starts_with(' '));
    let config: String = lines.map(|line| format!("{}\n", line.split("   ").next().unwrap())).collect();
    assert!(config.lines().count() >= 5, "{config}");
    fs::write(folder.path().join("key.txt"), KEY).unwrap();
    fs::write(folder.path().join("receiver.toml"), &config).unwrap();
    let mut command = hookseal();
    command.env_remove("HOOKSEAL_SHARED_KEY").args(["receive", "--check", "--config"]);
    let checked = Outcome::of(command.arg(folder.path().join("receiver.toml")), b"");
    assert_eq!(checked.status, Some(0), "{config}\n{}", checked.stderr);

    let image = file("docker/Dockerfile");
    let of =
        |instruction: &str| image.lines().find_map(|line| line.strip_prefix(instruction)).unwrap().trim().to_owned();
    let entry: Vec<String> = serde_json::from_str(&of("ENTRYPOINT ")).unwrap();
    let arguments: Vec<String> = serde_json::from_str(&of("CMD ")).unwrap();
    assert_eq!(entry, ["/usr/bin/hookseal"]);
    let (name, value) = of("ENV ").split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let mut command = hookseal();
    command.args(arguments).arg("--check").env(name, value).env("HOOKSEAL_SHARED_KEY", KEY);
    let checked = Outcome::of(&mut command, b"");
    assert_eq!(checked.status, Some(0), "{}", checked.stderr);
}
