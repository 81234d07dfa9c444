//! `hookseal completions` and `hookseal man`: for packages, and for whoever installs by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::failure::Failure;
use crate::{Cli, output};

/// Print the completion script of a shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal completions bash > ~/.local/share/bash-completion/completions/hookseal
  hookseal completions zsh > \"${fpath[1]}/_hookseal\"
  hookseal completions fish > ~/.config/fish/completions/hookseal.fish")]
pub(crate) struct CompletionsArgs {
    shell: Shell,
}

/// Print the man page, or write the pages of all commands into a folder
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal man | man -l -
  hookseal man --out ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The folder to write hookseal.1, hookseal-sign.1 and so on into
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn completions(args: CompletionsArgs) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hookseal", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(args: ManArgs) -> Result<ExitCode, Failure> {
    if let Some(folder) = args.out {
        clap_mangen::generate_to(Cli::command(), &folder)
            .map_err(|error| Failure::file("write the man pages into", &folder, &error))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Failure::io(format!("cannot render the man page: {error}"), 1))?;
    output::line(String::from_utf8_lossy(&page).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
