//! Lists, as people and as scripts read them.

use std::borrow::Cow;

use clap::ValueEnum;
use comfy_table::presets::ASCII_FULL_CONDENSED;
use comfy_table::{ContentArrangement, LineStyle, Table};
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::output;

/// How a list is printed.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct TableArgs {
    /// table for people; csv, tsv, plain (tabs, nothing quoted) and json for scripts
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    format: Format,
    /// The columns to print, in their order, such as id,type
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Leave the header out
    #[arg(long)]
    no_header: bool,
    /// The same as --format json
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Csv,
    Tsv,
    Plain,
    Json,
}

/// A column's name in JSON and for `--columns`, and its heading.
pub(crate) type Column = (&'static str, &'static str);

/// Rows of values under columns. Strings are shown as they are, other values as JSON has them, null as nothing.
pub(crate) struct Listing {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

impl Listing {
    pub(crate) fn new(columns: &[Column]) -> Self {
        Listing { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// A value for each column.
    pub(crate) fn push<const N: usize>(&mut self, row: [Value; N]) {
        self.rows.push(row.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A property and its value a row; in JSON one object.
    pub(crate) fn of_properties(properties: &Map<String, Value>) -> Self {
        let mut listing = Listing::new(&[("property", "Property"), ("value", "Value")]);
        for (name, value) in properties {
            listing.push([Value::String(name.clone()), value.clone()]);
        }
        listing
    }
}

impl TableArgs {
    pub(crate) fn is_json(&self) -> bool {
        self.json || self.format == Format::Json
    }

    /// Prints a list.
    pub(crate) fn print(&self, listing: Listing) -> Result<(), Failure> {
        let listing = self.chosen(listing)?;
        match self.format {
            _ if self.is_json() => output::json(&objects(&listing)),
            Format::Table => output::line(&table(&listing, !self.no_header)),
            Format::Csv => self.separated(&listing, b','),
            Format::Tsv => self.separated(&listing, b'\t'),
            Format::Plain | Format::Json => self.plain(&listing),
        }
    }

    /// Prints one thing's properties.
    pub(crate) fn print_properties(&self, properties: &Map<String, Value>) -> Result<(), Failure> {
        if self.is_json() { output::json(properties) } else { self.print(Listing::of_properties(properties)) }
    }

    fn chosen(&self, listing: Listing) -> Result<Listing, Failure> {
        if self.columns.is_empty() {
            return Ok(listing);
        }
        let place = |wanted: &String| {
            let wanted = wanted.trim().to_lowercase();
            let found =
                listing.columns.iter().position(|(name, title)| *name == wanted || title.to_lowercase() == wanted);
            found.ok_or_else(|| {
                let known: Vec<&str> = listing.columns.iter().map(|(name, _)| *name).collect();
                Failure::usage(&format!("there is no column {wanted:?}"))
                    .with_hint(format!("Columns here are {}.", known.join(", ")))
            })
        };
        let places = self.columns.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let pick = |row: &Vec<Value>| places.iter().filter_map(|place| row.get(*place).cloned()).collect();
        Ok(Listing {
            columns: places.iter().filter_map(|place| listing.columns.get(*place).copied()).collect(),
            rows: listing.rows.iter().map(pick).collect(),
        })
    }

    fn separated(&self, listing: &Listing, delimiter: u8) -> Result<(), Failure> {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        let header =
            (!self.no_header).then(|| listing.columns.iter().map(|(_, title)| Cow::Borrowed(*title)).collect());
        let rows = listing.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>());
        for row in header.into_iter().chain(rows) {
            let fields = row.iter().map(|field| field.as_bytes());
            writer.write_record(fields).map_err(|error| Failure::io(format!("cannot write the list: {error}"), 1))?;
        }
        let written = writer.into_inner().map_err(|error| Failure::io(format!("cannot write the list: {error}"), 1))?;
        output::line(String::from_utf8_lossy(&written).trim_end_matches('\n'))
    }

    fn plain(&self, listing: &Listing) -> Result<(), Failure> {
        if !self.no_header {
            output::line(&listing.columns.iter().map(|(_, title)| *title).collect::<Vec<_>>().join("\t"))?;
        }
        for row in &listing.rows {
            let row: Vec<String> = row.iter().map(|value| text(value).replace(['\t', '\n'], " ")).collect();
            output::line(&row.join("\t"))?;
        }
        Ok(())
    }
}

fn objects(listing: &Listing) -> Vec<Map<String, Value>> {
    let named = |row: &Vec<Value>| {
        listing.columns.iter().zip(row).map(|((name, _), value)| ((*name).to_owned(), value.clone())).collect()
    };
    listing.rows.iter().map(named).collect()
}

/// A table as wide as it has to be; on a terminal no wider than that.
fn table(listing: &Listing, header: bool) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_FULL_CONDENSED.header_separator(LineStyle::new('+', '-', '+', '+')));
    if let Some(width) = terminal_width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    if header {
        table.set_header(listing.columns.iter().map(|(_, title)| *title));
    }
    for row in &listing.rows {
        table.add_row(row.iter().map(text));
    }
    table.trim_fmt()
}

fn terminal_width() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(size.ws_col).filter(|columns| *columns >= 40)
}

/// A value for people: a terminal has nothing in it to obey.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) if text.contains(|character: char| character.is_control() && character != '\n') => {
            Cow::Owned(text.lines().map(|line| output::shortened(line, usize::MAX)).collect::<Vec<_>>().join("\n"))
        }
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            Cow::Owned(values.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        other => Cow::Owned(other.to_string()),
    }
}
