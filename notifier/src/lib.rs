#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod channel;
mod config;
mod daemon;
mod deliver;
mod integration;
mod message;
mod probe;
mod round;
mod secret;
mod store;
