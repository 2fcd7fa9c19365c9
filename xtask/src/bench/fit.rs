//! Fitting the model against numpy: the same purchases, the same λ, the same
//! number of threads, double precision on both sides, runs in turn.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use candor_recommender::{Baskets, Gram, Settings, weights};

use super::recommender::orders;
use super::{Figure, Goal, Options};
use crate::process;

const RUNS: usize = 7;
const PROGRAM: &str = include_str!("fit.py");
const NUMPY: &str = "numpy>=2,<3";

pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    let settings = Settings::default();
    let baskets = Baskets::of(&orders(options)?, &settings, |_| true)?;
    let n = baskets.items.len();
    let folder = std::env::temp_dir().join(format!("candor-fit-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = alternate(&baskets, &settings, &folder);
    std::fs::remove_dir_all(&folder)?;
    let (ours, theirs, apart) = measured?;
    Ok(vec![
        Figure::new("fit, our time by numpy's, medians in turn", ours / theirs, "×", Goal::AtMost(1.5)),
        Figure::new("largest difference of a weight", apart, "", Goal::AtMost(1e-9)),
        Figure::new("ours", ours * 1e3, "ms", Goal::Told),
        Figure::new("numpy", theirs * 1e3, "ms", Goal::Told),
        Figure::new("items", n as f64, "", Goal::Told),
        Figure::new("customers", baskets.customers.len() as f64, "", Goal::Told),
        Figure::new("threads on either side", settings.threads as f64, "", Goal::Told),
    ])
}

/// Seconds of ours, of numpy, and how far their weights are apart.
fn alternate(baskets: &Baskets, settings: &Settings, folder: &Path) -> Result<(f64, f64, f64)> {
    let (purchases, result) = (folder.join("purchases"), folder.join("weights"));
    write(baskets, &purchases)?;
    let mut numpy = Numpy::start(settings, &purchases, &result)?;
    let (mut ours, mut theirs, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..=RUNS {
        let started = Instant::now();
        last = weights(Gram::new(baskets.items.len(), &baskets.customers), settings.lambda, settings.threads)?;
        let taken = started.elapsed().as_secs_f64();
        let other = numpy.run()?;
        // The first of either warms up.
        if run > 0 {
            ours.push(taken);
            theirs.push(other);
        }
    }
    numpy.finish()?;
    let bytes = std::fs::read(&result)?;
    if bytes.len() != last.len() * 8 {
        bail!("numpy gave another number of weights");
    }
    let doubles = bytes.as_chunks::<8>().0.iter().map(|word| f64::from_le_bytes(*word));
    let apart = doubles.zip(&last).map(|(theirs, ours)| (theirs - ours).abs()).fold(0.0, f64::max);
    Ok((median(ours), median(theirs), apart))
}

/// Customer and item of every purchase, as pairs of little-endian u32.
fn write(baskets: &Baskets, to: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    for (customer, items) in baskets.customers.iter().enumerate() {
        for item in items {
            bytes.extend_from_slice(&(customer as u32).to_le_bytes());
            bytes.extend_from_slice(&item.to_le_bytes());
        }
    }
    std::fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A Python that waits for a line, fits once, and says how long that took.
struct Numpy {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Numpy {
    fn start(settings: &Settings, purchases: &Path, result: &Path) -> Result<Self> {
        let threads = settings.threads.to_string();
        let mut child = Command::new(python()?)
            .arg("-c")
            .arg(PROGRAM)
            .arg(purchases)
            .arg(result)
            .arg(settings.lambda.to_string())
            .env("OPENBLAS_NUM_THREADS", &threads)
            .env("OMP_NUM_THREADS", &threads)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run Python")?;
        let to = child.stdin.take();
        let from = BufReader::new(child.stdout.take().context("Python has no output")?);
        Ok(Self { child, to, from })
    }

    fn run(&mut self) -> Result<f64> {
        let to = self.to.as_mut().context("Python has ended")?;
        writeln!(to, "fit").and_then(|()| to.flush()).context("Python has ended")?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        line.trim().parse().with_context(|| format!("numpy answered {line:?}"))
    }

    fn finish(mut self) -> Result<()> {
        drop(self.to.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("numpy ended with {status}") }
    }
}

/// A Python with numpy, in an environment of its own in the tools' folder.
fn python() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    let home = cache.join("candor").join("numpy");
    let python = home.join("bin").join("python");
    let has =
        |python: &Path| Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|o| o.status.success());
    if !has(&python) {
        eprintln!("installing numpy into {} …", home.display());
        process::output(Command::new("python3").arg("-m").arg("venv").arg(&home)).context(
            "this bench compares with numpy and needs python3 with venv (on Debian: apt-get install python3-venv)",
        )?;
        process::output(Command::new(&python).args(["-m", "pip", "install", "--quiet", NUMPY]))
            .context("numpy could not be installed; this bench needs the network once")?;
    }
    Ok(python)
}
