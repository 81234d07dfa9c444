//! HTTP/1 by hand: what a client library would not send, these tests must.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};

use serde_json::Value;

use crate::{PATIENCE, signature};

/// A request in the making.
#[derive(Clone)]
pub struct Request {
    line: String,
    version: &'static str,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    /// A `POST` to a target.
    pub fn post(target: &str) -> Self {
        Request::new("POST", target)
    }

    /// A `GET` of a target.
    pub fn get(target: &str) -> Self {
        Request::new("GET", target)
    }

    /// Any other method.
    pub fn new(method: &str, target: &str) -> Self {
        let line = format!("{method} {target}");
        Request { line, version: "HTTP/1.1", headers: Vec::new(), body: Vec::new() }
    }

    /// The same to another target: what is signed is the body alone.
    pub fn to(mut self, target: &str) -> Self {
        let method = self.line.split(' ').next().unwrap_or_default();
        self.line = format!("{method} {target}");
        self
    }

    /// HTTP/1.0, and so without a `Host`.
    pub fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    /// One more header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// The body, with its length.
    pub fn body(self, body: impl AsRef<[u8]>) -> Self {
        let mut request = self.header("Content-Length", body.as_ref().len().to_string());
        request.body = body.as_ref().to_vec();
        request
    }

    /// The body in chunks; `Transfer-Encoding` is for the test to send.
    pub fn body_of_chunks(mut self, chunks: &[&[u8]]) -> Self {
        for chunk in chunks.iter().copied().filter(|chunk| !chunk.is_empty()) {
            self.body.extend_from_slice(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        self.body.extend_from_slice(b"0\r\n\r\n");
        self
    }

    /// The body, with its length and signature.
    pub fn signed(self, body: impl AsRef<[u8]>) -> Self {
        self.header("X-JWS-Signature", signature(body.as_ref())).body(body)
    }

    /// As it goes over the wire.
    pub fn octets(&self) -> Vec<u8> {
        [self.head(), self.body.clone()].concat()
    }

    /// As it goes over the wire, without the body.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {}\r\n", self.line, self.version).into_bytes();
        if self.version == "HTTP/1.1" && !self.headers.iter().any(|(name, _)| name == "Host") {
            head.extend_from_slice(b"Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// A connection to a server.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it accepts connections");
        stream.set_nodelay(true).expect("a socket can");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket can");
        stream.set_write_timeout(Some(PATIENCE)).expect("a socket can");
        Connection { stream: BufReader::new(stream) }
    }

    /// Sends these octets; an error when the peer takes no more.
    pub fn send(&self, octets: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_ref().write_all(octets.as_ref())
    }

    /// Says that nothing more will be sent.
    pub fn finish_sending(&self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Write); // the peer may have hung up
    }

    /// The same connection, to send on while an answer is waited for.
    pub fn second_handle(&self) -> Self {
        Connection { stream: BufReader::new(self.stream.get_ref().try_clone().expect("a socket can")) }
    }

    /// Whether an answer has begun to come.
    pub fn is_answered(&self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).expect("a socket can");
        let begun = stream.peek(&mut [0]).is_ok_and(|length| length > 0);
        stream.set_nonblocking(false).expect("a socket can");
        begun
    }

    /// The next answer.
    pub fn answer(&mut self) -> Answer {
        self.try_answer().unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// The next answer, unless the connection ends before it.
    pub fn try_answer(&mut self) -> io::Result<Answer> {
        let mut answer = self.try_head()?;
        if answer.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            answer.body = self.chunks()?;
        } else if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().expect("it is a number")];
            self.stream.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    /// The next answer's status and headers; its body may never end.
    pub fn head(&mut self) -> Answer {
        self.try_head().unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    fn try_head(&mut self) -> io::Result<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not a status line: {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        Ok(Answer { status, headers, body: Vec::new() })
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).expect("it is a chunk's size");
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// Waits until the peer hangs up and returns what it sent before that.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => {
                panic!("the peer does not hang up: {error}")
            }
            _ => rest,
        }
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The code of a refusal.
    pub fn code(&self) -> Option<String> {
        if self.body.is_empty() { None } else { self.json()["code"].as_str().map(str::to_owned) }
    }
}
