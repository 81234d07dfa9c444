//! The notifier's channels as a library: what is sent, what each answer means, and that no secret shows. Against servers
//! that follow the vendors' documents, and against such as follow none.

mod email;
mod fake;
mod guard;
mod pagerduty;
mod setting;
mod slack;
mod tls;
mod validate;
mod webhook;
