//! Sending a delivery on, octet for octet: to an app, or once more to this receiver.

mod client;
mod headers;

pub(crate) use client::{Client, Exchange, root_cause, within};
pub(crate) use headers::{end_to_end, restored};
