//! The notifier's command, from outside.
#![cfg(unix)]

mod backlog;
mod bad_input;
mod daemon;
mod dashboard;
mod disk;
mod dry_run;
mod fleet;
mod ovh_page;
mod secrets;
mod setting;
