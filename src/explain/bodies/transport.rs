//! Codings that are still on the body: base64 of a gateway, compression.

use core::iter;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use super::cause;
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::octets::Sink;

/// A coding of the whole body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) enum Coding {
    /// In either alphabet, with or without padding, in lines or quotes or without.
    Base64,
    Gzip,
    Zlib,
    /// Bare deflate, which some servers send as `Content-Encoding: deflate`.
    Deflate,
}

pub(super) fn candidates(body: &[u8], is_text: bool) -> impl Iterator<Item = Coding> {
    let coding = match body {
        [0x1f, 0x8b, 8, ..] => Some(Coding::Gzip),
        [method, flags, _, ..] if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0 => {
            Some(Coding::Zlib)
        }
        _ => is_base64(body).then_some(Coding::Base64),
    };
    // Bare deflate has nothing to know it by, but it is not text.
    let deflate = (!is_text && coding != Some(Coding::Gzip)).then_some(Coding::Deflate);
    coding.into_iter().chain(deflate)
}

fn is_base64(body: &[u8]) -> bool {
    let is_symbol = |octet: &u8| {
        octet.is_ascii_alphanumeric()
            || matches!(octet, b'+' | b'/' | b'-' | b'_' | b'=')
            || octet.is_ascii_whitespace()
    };
    let symbols = unquoted(body);
    symbols.len() >= 4 && symbols.iter().all(is_symbol)
}

/// A gateway's JSON string is base64 too.
fn unquoted(body: &[u8]) -> &[u8] {
    let trimmed = body.trim_ascii();
    trimmed.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(trimmed)
}

impl Coding {
    pub(super) fn write(self, body: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
        match self {
            Coding::Base64 => decode_base64(unquoted(body), out),
            Coding::Gzip => decompress(behind_gzip_header(body).ok_or(Stop::DoesNotApply)?, DataFormat::Raw, out),
            Coding::Zlib => decompress(body, DataFormat::Zlib, out),
            Coding::Deflate => decompress(body, DataFormat::Raw, out),
        }
    }

    pub(super) fn cause(self) -> Cause {
        let encoding = match self {
            Coding::Base64 => {
                return cause(
                    "body.base64",
                    "The signature matches if the body is decoded from base64 first.",
                    "A gateway delivers the body base64-encoded (AWS: isBase64Encoded). Decode it, and verify the octets.",
                    Detail::default(),
                );
            }
            Coding::Gzip => "gzip",
            Coding::Zlib => "zlib",
            Coding::Deflate => "deflate",
        };
        cause(
            "body.compressed",
            alloc::format!("The signature matches if the body is decompressed ({encoding}) first."),
            "The body was compressed after it was signed, and is still so. Let the server undo Content-Encoding before \
             verifying, or have the proxy stop compressing.",
            Detail::default().with("encoding", encoding),
        )
    }
}

const ANY_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn decode_base64(text: &[u8], out: &mut impl Sink) -> Result<(), Stop> {
    const SYMBOLS: usize = 1024;
    let mut symbols =
        text.iter().copied().filter(|octet| !octet.is_ascii_whitespace() && *octet != b'=').map(|octet| match octet {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        });
    let mut group = [0; SYMBOLS];
    let mut decoded = [0; SYMBOLS];
    loop {
        let count = iter::zip(&mut group, &mut symbols).map(|(place, symbol)| *place = symbol).count();
        let length = ANY_PADDING.decode_slice(&group[..count], &mut decoded).map_err(|_| Stop::DoesNotApply)?;
        out.push(&decoded[..length])?;
        if count < SYMBOLS {
            return Ok(());
        }
    }
}

/// What follows the header of a gzip member (RFC 1952 §2.3).
fn behind_gzip_header(body: &[u8]) -> Option<&[u8]> {
    let (header, mut rest) = body.split_at_checked(10)?;
    let flags = header[3];
    if flags & 4 != 0 {
        let (length, behind) = rest.split_at_checked(2)?;
        rest = behind.get(usize::from(u16::from_le_bytes([length[0], length[1]]))..)?;
    }
    for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
        rest = &rest[rest.iter().position(|octet| *octet == 0)? + 1..];
    }
    if flags & 2 != 0 { rest.get(2..) } else { Some(rest) }
}

fn decompress(mut compressed: &[u8], format: DataFormat, out: &mut impl Sink) -> Result<(), Stop> {
    let mut state = InflateState::new_boxed(format);
    let mut decoded = [0; 4096];
    loop {
        let step = inflate(&mut state, compressed, &mut decoded, MZFlush::None);
        out.push(&decoded[..step.bytes_written])?;
        compressed = &compressed[step.bytes_consumed..];
        match step.status {
            Ok(MZStatus::StreamEnd) => return Ok(()),
            Ok(_) if step.bytes_written > 0 || step.bytes_consumed > 0 => {}
            // Cut short, or not compressed at all.
            _ => return Err(Stop::DoesNotApply),
        }
    }
}
