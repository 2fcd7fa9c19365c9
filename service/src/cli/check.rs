use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use candor_protocol::{Explanation, Fault, limits};

/// `candor check DOCUMENT`
pub fn run(path: &Path) -> ExitCode {
    match read(path).and_then(|bytes| judge(&bytes)) {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("{}: {said}", path.display());
            ExitCode::FAILURE
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let most = limits::DOCUMENT_BYTES as u64 + 1;
    let done = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    done.map_err(|fault| format!("cannot be read: {fault}."))?;
    Ok(bytes)
}

fn judge(bytes: &[u8]) -> Result<String, String> {
    let told = |fault: Fault| format!("{} ({})", fault, fault.code.as_str());
    if bytes.len() > limits::DOCUMENT_BYTES {
        return Err(told(Fault::new(candor_protocol::Code::TooLarge, "")));
    }
    let value: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|fault| format!("line {}, column {}: this is not JSON ({fault}).", fault.line(), fault.column()))?;
    if value.get("controls").is_some() && value.get("candidates").is_none() {
        return Err("this is a notice, no explanation document; `candor notice publish` checks one.".to_owned());
    }
    let doc = Explanation::read(&value).map_err(told)?;
    candor_reasoning::check(&doc).map_err(told)?;
    let claims = match candor_reasoning::check_sums(&doc) {
        candor_reasoning::Sums::AddUp => "its numbers add up",
        candor_reasoning::Sums::DoNot { .. } => "its numbers do not add up",
        candor_reasoning::Sums::NotClaimed => "it claims no numbers",
    };
    Ok(format!(
        "{}: well formed; {} factors, {} candidates, {} shown; {claims}.",
        doc.id,
        doc.factors.len(),
        doc.candidates.len(),
        doc.shown.len()
    ))
}
