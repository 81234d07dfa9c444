//! A JSON body that was parsed and written anew: in which style did the signer write it?

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{PASS_RAW_BODY, cause};
use crate::explain::budget::Stop;
use crate::explain::cause::{Cause, Detail};
use crate::explain::numbers::Numbers;
use crate::explain::octets::Sink;
use crate::explain::rewrite::{Escapes, Layout, Style, rewrite};
use crate::explain::survey::Survey;

/// How the signer wrote the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::explain) struct Rewriting {
    look: Look,
    pub(super) numbers: Numbers,
    pub(super) sorted: bool,
    final_newline: FinalNewline,
}

/// The newline that Go's Encoder and jq end with, and that a parse loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FinalNewline {
    /// Who writes so writes none.
    Never,
    /// Both are tried: one costs little when the other is made.
    Maybe,
    /// It was signed.
    Signed,
}

/// A layout and a writer's escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    layout: Layout,
    writer: Writer,
}

/// Who escapes what in strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// `JSON.stringify`, Python's `ensure_ascii=False`, jq: only what must be.
    Plain,
    /// Python's default.
    PythonAscii,
    /// PHP's default: ASCII, and `\/`.
    Php,
    /// PHP's `JSON_UNESCAPED_UNICODE`.
    PhpUnicode,
    /// Go's default: `<`, `>` and `&`.
    Go,
    /// Go's `SetEscapeHTML(false)`; PHP's `JSON_UNESCAPED_UNICODE|JSON_UNESCAPED_SLASHES` too.
    GoPlain,
}

impl Writer {
    const fn escapes(self) -> Escapes {
        const ASCII: Escapes = Escapes::NON_ASCII.and(Escapes::LINE_ENDS);
        match self {
            Writer::Plain => Escapes::NONE,
            Writer::PythonAscii => ASCII.and(Escapes::DELETE),
            Writer::Php => ASCII.and(Escapes::SLASH),
            Writer::PhpUnicode => Escapes::SLASH.and(Escapes::LINE_ENDS),
            Writer::Go => Escapes::HTML.and(Escapes::LINE_ENDS),
            Writer::GoPlain => Escapes::LINE_ENDS,
        }
    }

    fn flags(self) -> Option<&'static str> {
        match self {
            Writer::PhpUnicode => Some("JSON_UNESCAPED_UNICODE"),
            Writer::GoPlain => Some("SetEscapeHTML(false)"),
            _ => None,
        }
    }
}

const TWO: Layout = Layout::Indented("  ");
const FOUR: Layout = Layout::Indented("    ");
const TAB: Layout = Layout::Indented("\t");

const fn look(layout: Layout, writer: Writer) -> Look {
    Look { layout, writer }
}

/// By likelihood. Of two that come to the same for a document, the first counts and gives its name.
const LOOKS: &[Look] = &[
    look(Layout::Compact, Writer::Plain),
    look(Layout::Spaced, Writer::Plain),
    look(Layout::Spaced, Writer::PythonAscii),
    look(Layout::Compact, Writer::Php),
    look(Layout::Compact, Writer::Go),
    look(Layout::Compact, Writer::PythonAscii),
    look(Layout::Compact, Writer::PhpUnicode),
    look(TWO, Writer::Plain),
    look(FOUR, Writer::Plain),
    look(TAB, Writer::Plain),
    look(Layout::Compact, Writer::GoPlain),
    look(TWO, Writer::PythonAscii),
    look(FOUR, Writer::PythonAscii),
    look(TAB, Writer::PythonAscii),
    look(FOUR, Writer::Php),
    look(FOUR, Writer::PhpUnicode),
    look(TWO, Writer::Go),
    look(FOUR, Writer::Go),
    look(TAB, Writer::Go),
    look(TWO, Writer::GoPlain),
    look(FOUR, Writer::GoPlain),
    look(TAB, Writer::GoPlain),
];

pub(super) fn candidates(survey: Survey) -> Vec<Rewriting> {
    use Numbers::{JavaScript, Jq, Kept, Php, Python};
    let mut kept: Vec<(Same, Rewriting)> = Vec::new();
    let mut add = |sorted: bool, numbers: Numbers| {
        for look in LOOKS.iter().filter(|look| look.prints(numbers)) {
            let final_newline = match numbers {
                Kept | JavaScript | Jq if look.may_end_with_newline() => FinalNewline::Maybe,
                _ => FinalNewline::Never,
            };
            let rewriting = Rewriting { look: *look, numbers, sorted, final_newline };
            let same = rewriting.same(survey);
            match kept.iter_mut().find(|(other, _)| *other == same) {
                None => kept.push((same, rewriting)),
                Some((_, other)) if final_newline == FinalNewline::Maybe => other.final_newline = final_newline,
                Some(_) => {}
            }
        }
    };
    [Kept, JavaScript, Php, Python, Jq].into_iter().for_each(|numbers| add(false, numbers));
    if survey.has_separators {
        [Kept, JavaScript, Python, Jq].into_iter().for_each(|numbers| add(true, numbers));
    }
    kept.into_iter().map(|(_, rewriting)| rewriting).collect()
}

/// Two rewritings of which this is the same come to the same octets.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Same {
    spelling: u64,
    escapes: Escapes,
    layout: Layout,
    sorted: bool,
}

impl Look {
    /// Whether who writes so may print numbers so.
    fn prints(self, numbers: Numbers) -> bool {
        let Look { layout, writer } = self;
        match numbers {
            Numbers::Kept => true,
            Numbers::JavaScript => matches!(writer, Writer::Plain | Writer::Go) && layout != Layout::Spaced,
            // PythonAscii stands for JSON_UNESCAPED_SLASHES here, GoPlain for that with JSON_UNESCAPED_UNICODE.
            Numbers::Php => {
                let is_php = matches!(writer, Writer::Php | Writer::PhpUnicode | Writer::PythonAscii | Writer::GoPlain);
                is_php && (layout == Layout::Compact || layout == FOUR)
            }
            Numbers::Python => matches!(writer, Writer::Plain | Writer::PythonAscii),
            // Of its own too: --ascii-output.
            Numbers::Jq => match writer {
                Writer::Plain => layout != Layout::Spaced,
                Writer::PythonAscii => layout == Layout::Compact || layout == TWO,
                _ => false,
            },
        }
    }

    fn may_end_with_newline(self) -> bool {
        let Look { layout, writer } = self;
        match writer {
            Writer::Plain | Writer::Go | Writer::GoPlain => layout != Layout::Spaced,
            Writer::PythonAscii => layout == Layout::Compact || layout == TWO,
            _ => false,
        }
    }
}

impl Rewriting {
    fn same(&self, survey: Survey) -> Same {
        let layout = match self.look.layout {
            Layout::Spaced if !survey.has_separators => Layout::Compact,
            Layout::Indented(_) if !survey.has_elements => Layout::Compact,
            layout => layout,
        };
        Same {
            spelling: survey.spelling(self.numbers),
            escapes: self.look.writer.escapes().among(survey.characters),
            layout,
            sorted: self.sorted,
        }
    }

    /// Of a canonical text with these members' order and numbers.
    pub(super) fn write(&self, canonical: &str, out: &mut impl Sink) -> Result<(), Stop> {
        let Rewriting { look, final_newline, .. } = *self;
        let final_newline = final_newline == FinalNewline::Signed;
        let style = Style { layout: look.layout, escapes: look.writer.escapes(), final_newline };
        rewrite(canonical, style, out)
    }

    /// The same with a newline at its end, where who writes so may end with one.
    pub(super) fn with_final_newline(self) -> Option<Self> {
        let signed = Rewriting { final_newline: FinalNewline::Signed, ..self };
        (self.final_newline == FinalNewline::Maybe).then_some(signed)
    }

    pub(super) fn cause(&self) -> Cause {
        let style = self.name();
        let found =
            format!("The signature matches if the body is written as the signer wrote it: JSON in the style {style}.");
        let mut detail = Detail::default().with("style", style).with("numbers", self.numbers.as_str());
        if let Some(flags) = self.look.writer.flags() {
            detail = detail.with("flags", flags);
        }
        if self.final_newline == FinalNewline::Signed {
            detail = detail.with("final_newline", "signed");
        }
        cause("body.json_reserialised", found, PASS_RAW_BODY, detail)
    }

    /// The parts of a style in a fixed order: layout or writer, `sorted`, indentation.
    fn name(&self) -> String {
        let Look { layout, writer } = self.look;
        let indent = match layout {
            Layout::Compact | Layout::Spaced => None,
            TWO => Some("indent2"),
            FOUR => Some("indent4"),
            Layout::Indented(_) => Some("tab"),
        };
        let writer = match (writer, layout) {
            (Writer::Plain, Layout::Spaced) => Some("python"),
            (Writer::Plain, Layout::Compact) if !self.sorted => Some("compact"),
            (Writer::Plain, _) => None,
            (Writer::PythonAscii, Layout::Compact) => Some("compact+python_ascii"),
            (Writer::PythonAscii, _) => Some("python_ascii"),
            (Writer::Php | Writer::PhpUnicode, _) => Some("php"),
            (Writer::Go | Writer::GoPlain, _) => Some("go"),
        };
        let parts = [writer, self.sorted.then_some("sorted"), indent];
        parts.into_iter().flatten().collect::<Vec<_>>().join("+")
    }
}
