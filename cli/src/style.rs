//! Colours. anstream takes them away where there is no terminal and where `NO_COLOR` is set.

use anstyle::{AnsiColor, Effects, Reset, Style};
use clap::builder::Styles;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
pub(crate) const VALID: Style = AnsiColor::Green.on_default();
pub(crate) const INVALID: Style = AnsiColor::Red.on_default();
pub(crate) const UNSIGNED: Style = AnsiColor::Yellow.on_default();
pub(crate) const HEADING: Style = Style::new().effects(Effects::BOLD);
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const RESET: Reset = Reset;

pub(crate) const HELP: Styles = Styles::styled().header(HEADING).usage(HEADING).literal(HINT);
