//! Options of `candor serve` from a file: what the command line and the environment do not say.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

/// The command line, completed from the file that `--config` names.
pub fn parse<C: CommandFactory + FromArgMatches>(args: Vec<OsString>) -> Result<C, String> {
    let ends = |fault: clap::Error| -> String { fault.exit() };
    let matches = C::command().try_get_matches_from(&args).map_err(ends)?;
    let file = matches.subcommand_matches("serve").and_then(|serve| serve.get_one::<PathBuf>("config"));
    let matches = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|fault| format!("{}: {fault}.", path.display()))?;
            let more = missing::<C>(&matches, &text).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
            C::command().try_get_matches_from(args.into_iter().chain(more)).map_err(ends)?
        }
        None => matches,
    };
    C::from_arg_matches(&matches).map_err(|fault| fault.exit())
}

/// The file's lines as arguments, where nothing else sets them.
fn missing<C: CommandFactory>(matches: &ArgMatches, text: &str) -> Result<Vec<OsString>, String> {
    let command = C::command();
    let serve = command.find_subcommand("serve").zip(matches.subcommand_matches("serve"));
    let Some((serve, given)) = serve else { return Ok(Vec::new()) };
    let mut more = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| Err(format!("line {}: {what}", number + 1));
        let Some((name, value)) = line.split_once('=') else {
            return wrong("an option is written `listen = 127.0.0.1:8402`, as on the command line without the dashes.");
        };
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        let known = serve.get_arguments().find(|arg| arg.get_long() == Some(name) && name != "config");
        let Some(option) = known else {
            return wrong(&format!("there is no option `{name}`; see candor serve --help."));
        };
        let source = given.value_source(option.get_id().as_str());
        if matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            continue;
        }
        match (option.get_action().takes_values(), value) {
            (true, value) => more.push(format!("--{name}={value}").into()),
            (false, "true") => more.push(format!("--{name}").into()),
            (false, "false") => {}
            (false, _) => return wrong(&format!("`{name}` is true or false.")),
        }
    }
    Ok(more)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Command {
        #[command(subcommand)]
        what: What,
    }

    #[derive(clap::Subcommand)]
    enum What {
        Serve {
            #[arg(long)]
            config: Option<PathBuf>,
            #[arg(long, default_value = "a")]
            listen: String,
            #[arg(long)]
            embed: Option<String>,
            #[arg(long = "trusted-proxy")]
            proxies: Vec<String>,
            #[arg(long)]
            desk_guest: bool,
        },
    }

    fn parsed(args: &[&str], text: &str) -> Result<(String, Option<String>, Vec<String>, bool), String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("candor.conf");
        std::fs::write(&file, text).unwrap();
        let file = format!("--config={}", file.display());
        let args = ["candor", "serve", &file].iter().chain(args).map(OsString::from).collect();
        let Command { what: What::Serve { listen, embed, proxies, desk_guest, .. } } = parse::<Command>(args)?;
        Ok((listen, embed, proxies, desk_guest))
    }

    #[test]
    fn the_file_says_what_the_command_line_does_not() {
        let text = "# the shop's\nlisten = b\n\nembed = \"pkg files\"\ntrusted-proxy = 10.0.0.0/8\ntrusted-proxy = ::1\ndesk-guest = true\n";
        let told = parsed(&["--listen", "c"], text).unwrap();
        let proxies = vec!["10.0.0.0/8".to_owned(), "::1".to_owned()];
        assert_eq!(told, ("c".into(), Some("pkg files".into()), proxies, true));
        assert_eq!(parsed(&[], "listen = b").unwrap().0, "b");
        assert_eq!(parsed(&["--trusted-proxy", "::2"], text).unwrap().2, ["::2"], "a list is replaced, not mixed");
    }

    #[test]
    fn what_a_file_gets_wrong_is_named_with_its_line() {
        for (text, wrong) in [
            ("listen = b\nlisen = c", "line 2: there is no option `lisen`"),
            ("listen", "line 1: an option is written"),
            ("config = other", "line 1: there is no option `config`"),
            ("desk-guest = maybe", "line 1: `desk-guest` is true or false"),
        ] {
            let said = parsed(&[], text).unwrap_err();
            assert!(said.contains(wrong) && said.contains("candor.conf"), "{said}");
        }
    }
}
