#![doc = include_str!("../README.md")]

mod check;
mod event;
mod members;
mod notification;
mod sample;
mod spelling;
mod terms;
mod text;
mod thresholds;

pub use check::{Check, Transition};
pub use event::{Event, notification_id};
pub use notification::{NOTIFICATION_SCHEMA, Notification, Origin, Payload};
pub use sample::{Percent, Reading, Sample};
pub use spelling::UnknownWord;
pub use terms::{Kind, Line, Resource, Severity, State};
pub use text::Amount;
pub use thresholds::{Threshold, Thresholds};
