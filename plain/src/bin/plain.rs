//! The command `plain`; see the module `command` of the library.

fn main() -> std::process::ExitCode {
    plain::command::main()
}
