//! `candor import`

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::Data;
use super::admin::with_app;
use crate::files::Lock;
use crate::import::{self, Figures};
use crate::serve::signalled;
use crate::store::{Options, backup};

/// Some lines were bad; all others were taken.
const SOME_BAD: u8 = 3;

#[derive(Args)]
#[command(after_long_help = "\
COLUMNS, by their names in the first line, in any order (UTF-8, RFC 4180):
  customer   the shop's id of the customer, as the sign-in token has it in `sub`
  control    such as recommendations/orders
  choice     granted or denied
  at         when the customer chose, such as 2024-05-31T09:30:00Z
  datum      leaves one datum out: the `ref` that documents use (optional)
  notice     hash of the notice a grant was given under, as `candor notice publish` prints it
             (a grant without one is not taken; a denial needs none)
  locale     language it was shown in, such as pl (optional)
  channel    where it was made, in your words (optional)
  evidence   where it is recorded, in your words (optional)

Denials go first and always hold, also over what a customer switched on here. A grant holds where its
notice is published, the control's terms have not changed since, its time has not passed, and the
customer never said no: an import knows no order, so a grant lifts no denial, not even an older one.
The time a grant holds is counted from the import.

Lines that cannot be taken are named with code and reason and do not stop the others. Importing a file
again has no further effect. A service may run meanwhile; it knows of the choices within a moment, and
before its next decision.

EXIT: 0 no line was bad, 3 some lines were bad, 1 the import stopped (what was taken stays). A grant that
cannot hold is named in the report and is no bad line.")]
pub struct ImportFile {
    #[command(flatten)]
    data: Data,
    /// The CSV file.
    file: PathBuf,
    /// The publishable key.
    #[arg(long)]
    site: String,
    /// Imports into a copy that is thrown away: the same report, and nothing is written.
    #[arg(long)]
    dry_run: bool,
    /// Writes the report there instead of to standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl ImportFile {
    pub fn run(self) -> ExitCode {
        match self.work() {
            Ok(figures) if figures.bad > 0 => ExitCode::from(SOME_BAD),
            Ok(_) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("candor: {message}");
                ExitCode::FAILURE
            }
        }
    }

    fn work(&self) -> Result<Figures, String> {
        let mut report: Box<dyn Write> = match &self.report {
            Some(path) => {
                let file = File::create(path).map_err(|fault| format!("{}: {fault}.", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(std::io::stdout().lock())),
        };
        let copy = if self.dry_run { Some(Copy::of(&self.data.data)?) } else { None };
        let folder = copy.as_ref().map_or(self.data.data.as_path(), |copy| copy.folder.as_path());
        let mut figures = Figures::default();
        with_app(folder, |app| {
            let (report, figures) = (&mut report, &mut figures);
            async move {
                *figures = tokio::select! {
                    figures = import::import(&app, &self.site, &self.file, &mut **report) => figures?,
                    // A dry run's copy goes on the way out.
                    () = signalled() => return Err("interrupted; what was taken stays.".into()),
                };
                Ok(())
            }
        })?;
        let Figures { denials, grants, ended, superseded, repeated, skipped, bad } = figures;
        let written = writeln!(
            report,
            "{}{denials} denials taken ({ended} ended a grant), {grants} grants taken, {superseded} superseded, \
             {skipped} skipped, {repeated} imported before, {bad} bad lines",
            if self.dry_run { "dry run: " } else { "" },
        );
        written.and_then(|()| report.flush()).map_err(|fault| format!("the report cannot be written: {fault}."))?;
        Ok(figures)
    }
}

/// The copy that a killed dry run left goes: whoever is erased from now on would be in it still. One that is in
/// use stays.
pub(super) fn clear_left(folder: &Path) {
    let copy = folder.join(DRY_RUN);
    if copy.exists()
        && let Ok(_alone) = backup::lock_alone(&Options::at(copy.join("candor.db")))
    {
        let _ = std::fs::remove_dir_all(copy);
    }
}

const DRY_RUN: &str = ".dry-run";

/// A copy of the store that goes when it is dropped.
struct Copy {
    folder: PathBuf,
    /// From the first moment: whoever clears what was left leaves this one.
    _lock: Lock,
}

impl Copy {
    fn of(folder: &Path) -> Result<Self, String> {
        clear_left(folder);
        let (copy, store) = (folder.join(DRY_RUN), Options::at(folder.join("candor.db")));
        let failed = |fault: std::io::Error| match fault.kind() {
            ErrorKind::AlreadyExists => format!("{}: another dry run is under way. Wait for it.", copy.display()),
            _ => format!("{}: {fault}.", copy.display()),
        };
        std::fs::create_dir(&copy).map_err(failed)?;
        let lock = backup::lock_shared(&Options::at(copy.join("candor.db"))).map_err(|fault| fault.to_string())?;
        let made = Copy { folder: copy.clone(), _lock: lock };
        std::fs::copy(folder.join("candor.secret"), copy.join("candor.secret")).map_err(failed)?;
        backup::copy(&store, &copy.join("candor.db")).map_err(|fault| fault.to_string())?;
        Ok(made)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
