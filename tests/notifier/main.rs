//! The notifier's command, from outside.
#![cfg(unix)]

mod bad_input;
mod ovh_page;
mod secrets;
mod setting;
