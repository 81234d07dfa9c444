//! What `docs/verify/README.md` shows: its handlers answer as they should, and the published samples' mistakes do what it
//! says they do.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use hookseal::{Key, Signer};
use hookseal_tests::{Connection, KEY, Outcome, Request, node, python, signature};
use serde_json::json;
use tempfile::TempDir;

const BODY: &str = "$.02";

/// A folder with the README's examples beside the recipes that they load.
fn examples() -> TempDir {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify");
    let folder = tempfile::tempdir().unwrap();
    for name in ["verify.php", "verify.go", "verify.rb", "verify.sh"] {
        std::fs::copy(docs.join(name), folder.path().join(name)).unwrap();
    }
    let readme = std::fs::read_to_string(docs.join("README.md")).unwrap();
    for block in readme.split("\n```").skip(1).step_by(2) {
        // Each names its file in one of its first lines: `# webhook.rb, …`, `<?php // webhook.php`.
        let (_language, code) = block.split_once('\n').unwrap();
        let words = code.lines().take(2).flat_map(str::split_whitespace).map(|word| word.trim_end_matches(','));
        let is_name = |word: &&str| word.starts_with("webhook.") || word.starts_with("published.");
        let name = words.into_iter().find(is_name).unwrap_or_else(|| panic!("this has no name:\n{code}"));
        std::fs::write(folder.path().join(name), code).unwrap();
    }
    folder
}

fn example(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    assert!(path.is_file(), "the README has no {name}");
    path
}

fn driver(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verify_readme").join(name)
}

/// Signatures of [`BODY`], and what a handler answers to them.
fn deliveries() -> [(Vec<String>, u16); 5] {
    let signed = signature(BODY.as_bytes());
    [
        (vec![signed.clone()], 204),
        (vec![], 401),
        (vec![signature(b"other")], 401),
        (vec![signed.clone(), signed.clone()], 401),
        (vec![format!("{signed}=")], 401),
    ]
}

fn check_server(address: SocketAddr) {
    for (signatures, status) in deliveries() {
        let mut request = Request::post("/webhook.php").header("Content-Type", "application/json");
        for signature in &signatures {
            request = request.header("X-JWS-Signature", signature);
        }
        let mut connection = Connection::to(address);
        connection.send(request.body(BODY).octets()).unwrap();
        assert_eq!(connection.answer().status, status, "{signatures:?}");
    }
}

/// A process that is ended when this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// PHP's own server, and where it listens. It cannot be told to take any free port, so it is told one that was free, and
/// another when somebody else was faster.
fn php_server(folder: &TempDir) -> (Server, SocketAddr) {
    for _ in 0..20 {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("php");
        command.args(["-S", &address.to_string(), "-t"]).arg(folder.path()).env("SHARED_KEY", KEY);
        let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        // It says when it listens; a connection that is let in could be to another program.
        let mut log = BufReader::new(server.0.stderr.take().unwrap()).lines();
        if log.by_ref().map_while(Result::ok).any(|line| line.contains(" started")) {
            std::thread::spawn(move || log.for_each(drop));
            return (server, address);
        }
    }
    panic!("PHP's server does not start");
}

#[test]
fn plain_php() {
    let folder = examples();
    example(&folder, "webhook.php");
    let (_server, address) = php_server(&folder);
    check_server(address);
}

#[test]
fn go_net_http() {
    let folder = examples();
    example(&folder, "webhook.go");
    std::fs::copy(driver("driver.go"), folder.path().join("driver.go")).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go");
    let program = folder.path().join("webhook");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).args(["verify.go", "webhook.go", "driver.go"]);
    let built = Outcome::of(build.current_dir(&folder).env("GOCACHE", cache), b"");
    assert_eq!(built.status, Some(0), "{}", built.stderr);

    let mut command = Command::new(program);
    let mut server = Server(command.env("SHARED_KEY", KEY).stdout(Stdio::piped()).spawn().unwrap());
    let mut address = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let address = address.trim().parse().unwrap();
    check_server(address);

    let mut connection = Connection::to(address);
    let large = Request::post("/").signed(vec![b'x'; (1 << 20) + 1]);
    let _ = connection.send(large.octets()); // it is refused before all of it is sent
    assert_eq!(connection.answer().status, 413);
}

#[test]
fn ruby_rack() {
    let folder = examples();
    let line = |(signatures, _): &(Vec<String>, u16)| json!({ "body": BODY, "signatures": signatures }).to_string();
    let input = deliveries().iter().map(line).collect::<Vec<_>>().join("\n");
    let mut command = Command::new("ruby");
    command.arg(driver("driver.rb")).arg(example(&folder, "webhook.rb")).env("SHARED_KEY", KEY);
    let outcome = Outcome::of(&mut command, input.as_bytes());
    let expected: String = deliveries().iter().map(|(_, status)| format!("{status}\n")).collect();
    assert_eq!((outcome.status, &*outcome.stdout, &*outcome.stderr), (Some(0), &*expected, ""));
}

#[test]
fn shell_cgi() {
    let folder = examples();
    let run = |signatures: &[String], body: &[u8]| {
        let mut command = Command::new("sh");
        command.arg(example(&folder, "webhook.cgi")).env("SHARED_KEY", KEY);
        command.env("CONTENT_LENGTH", body.len().to_string()).env_remove("HTTP_X_JWS_SIGNATURE");
        if !signatures.is_empty() {
            command.env("HTTP_X_JWS_SIGNATURE", signatures.join(", "));
        }
        // Servers may leave the input open, or have the next request in it.
        Outcome::of(&mut command, &[body, b"more"].concat()).stdout
    };
    for (signatures, status) in deliveries() {
        let answer = run(&signatures, BODY.as_bytes());
        assert!(answer.starts_with(&format!("Status: {status} ")) && answer.ends_with("\r\n\r\n"), "{answer}");
    }
    assert!(run(&[], &[b'x'; (1 << 20) + 1]).starts_with("Status: 413 "));

    let mut without_key = Command::new("sh");
    without_key.arg(example(&folder, "webhook.cgi")).env("SHARED_KEY", "short").env("CONTENT_LENGTH", "0");
    let outcome = Outcome::of(&mut without_key, b"");
    assert!(outcome.stdout.starts_with("Status: 500 "), "the sender is not to blame: {outcome:?}");
}

#[test]
fn the_table_of_readings_is_right() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let row = readme.lines().find(|line| line.starts_with("| RFC 7797")).unwrap();
    let cells: Vec<_> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
    let signed = |key| Signer::new(key).sign(BODY.as_bytes()).rsplit_once('.').unwrap().1.to_owned();
    assert_eq!(cells[2].trim_start_matches('…'), signed(Key::from_jwk_k(KEY).unwrap()));
    assert_eq!(cells[3].trim_start_matches('…'), signed(Key::from_utf8(KEY).unwrap()));
}

#[test]
fn the_published_python_sample_raises_for_a_valid_delivery() {
    let folder = examples();
    let sample = std::fs::read_to_string(example(&folder, "published.py")).unwrap();
    let (setup, mistake, meant) = around(&sample, "token.verify(key, BODY)");
    let program = format!(
        "BODY = b{BODY:?}\nSHARED_KEY = {KEY:?}\nSIGNATURE = {:?}\n{setup}\n\
         try:\n    {mistake}\nexcept Exception as error:\n    print(type(error).__name__)\n    print(error)\n\
         {meant}\nprint(token.is_valid)\n",
        signature(BODY.as_bytes())
    );
    let outcome = Outcome::of(python().args(["-c", &program]), b"");
    let lines: Vec<_> = outcome.stdout.lines().collect();
    let [name, message, is_valid] = lines[..] else { panic!("{outcome:?}") };
    assert_eq!((name, is_valid), ("InvalidJWSSignature", "True"));
    assert!(message.contains("\"alg\" mismatch, requested") && message.contains(BODY), "{message}");
}

#[test]
fn the_published_node_sample_refuses_a_valid_delivery() {
    let folder = examples();
    let sample = std::fs::read_to_string(example(&folder, "published.mjs")).unwrap();
    let mistake = r#"await flattenedVerify({ ...jws, payload: BODY.toString("base64url") }, key);"#;
    let (setup, mistake, meant) = around(&sample, mistake);
    let program = format!(
        "const BODY = Buffer.from({BODY:?}), SHARED_KEY = {KEY:?}, SIGNATURE = {:?};\n{setup}\n\
         try {{\n{mistake}\n}} catch (error) {{ console.log(error.code); }}\n\
         {meant}\nconsole.log('verified');\n",
        signature(BODY.as_bytes())
    );
    let outcome = Outcome::of(node().args(["--input-type=module", "--eval", &program]), b"");
    assert_eq!(outcome.stdout, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED\nverified\n", "{outcome:?}");
}

#[test]
fn the_published_php_sample_signs_something_else() {
    let folder = examples();
    let sample = std::fs::read_to_string(example(&folder, "published.php")).unwrap();
    let constants = format!(
        "<?php const BODY = '{BODY}', SIGNATURE = '{}'; define('KEY', base64_decode(strtr('{KEY}', '-_', '+/')));",
        signature(BODY.as_bytes())
    );
    let program = sample.replacen("<?php", &constants, 1);
    let outcome = Outcome::of(&mut Command::new("php"), program.as_bytes());
    assert_eq!(outcome.stdout, "bool(false)\nbool(true)\n", "{outcome:?}");
}

/// What stands before, in, and after the first line that starts so.
fn around<'s>(code: &'s str, start: &str) -> (&'s str, &'s str, &'s str) {
    let at = code.find(&format!("\n{start}")).unwrap_or_else(|| panic!("no line starts with {start}:\n{code}")) + 1;
    let (line, after) = code[at..].split_once('\n').unwrap();
    (&code[..at], line, after)
}
