//! `plain shell-completions`

use std::process::ExitCode;

use clap::{Arg, Command, value_parser};
use clap_complete::Shell;

use super::built_in::Alone;
use crate::http::Result;

pub(super) fn definition() -> Command {
    Command::new("shell-completions")
        .about("Writes a script with which a shell completes the words of `plain`")
        .long_about(
            "Writes a script with which a shell completes the words of `plain`. Written in a \
             project, it knows the commands of that project's packages, too.",
        )
        .arg(
            Arg::new("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell))
                .help("The shell"),
        )
        .after_help(
            "Where a shell looks for it:\n  \
             bash  ~/.local/share/bash-completion/completions/plain\n  \
             zsh   a file _plain in a folder of $fpath\n  \
             fish  ~/.config/fish/completions/plain.fish\n\n\
             Example: plain shell-completions bash",
        )
}

pub(super) fn run(call: Alone<'_>) -> Result<ExitCode> {
    let Alone {
        arguments,
        mut commands,
        console,
    } = call;
    let shell: Shell = *arguments.get_one("SHELL").expect("clap requires it");
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut commands, "plain", &mut script);
    console.bytes(&script)?;
    Ok(ExitCode::SUCCESS)
}
