use std::path::PathBuf;

/// Why a file of orders was refused as a whole. A broken line is no such reason.
#[derive(Debug)]
pub enum ReadError {
    Open {
        path: PathBuf,
        cause: std::io::Error,
    },
    Io(std::io::Error),
    /// The first line does not name these columns.
    NotOrders {
        missing: Vec<&'static str>,
    },
    /// The columns are there, but no line could be used.
    NothingUsable {
        broken: u64,
    },
}

/// Why no model could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FitError {
    /// No item has as many buyers as asked for.
    NoItems { min_buyers: usize },
    /// λ must be a positive number.
    Lambda,
    /// The matrix cannot be inverted; a larger λ mends it.
    NotInvertible,
}

/// Why no document could be made of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// Between 1 and 100 places.
    Limit,
    /// More than eight sources, or more than eight other factors.
    TooManyFactors,
    /// More candidates than a document may hold, even with no datum listed.
    TooManyCandidates { needed: usize },
}

macro_rules! told {
    ($name:ident { $($variant:pat => $code:literal, $fix:literal;)* }) => {
        impl $name {
            /// Stable; the message may be reworded.
            pub fn code(&self) -> &'static str { match self { $($variant => $code,)* } }
            pub fn fix(&self) -> &'static str { match self { $($variant => $fix,)* } }
        }
        impl std::error::Error for $name {}
    };
}

told! { ReadError {
    ReadError::Open { .. } => "orders-open", "Check the path and the permission to read it.";
    ReadError::Io(_) => "orders-io", "The file may be cut off or, as .gz, damaged; fetch it again.";
    ReadError::NotOrders { .. } => "not-orders", "Give a CSV (or .csv.gz) with the columns of UCI Online Retail: InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID.";
    ReadError::NothingUsable { .. } => "no-orders", "See the broken lines for the reasons.";
} }
told! { FitError {
    FitError::NoItems { .. } => "fit-no-items", "Ask for fewer buyers per item, or give more orders.";
    FitError::Lambda => "fit-lambda", "Give a positive number.";
    FitError::NotInvertible => "fit-not-invertible", "Give a larger lambda.";
} }
told! { RequestError {
    RequestError::Limit => "request-limit", "Ask for 1 to 100 places.";
    RequestError::TooManyFactors => "request-factors", "Group the sources.";
    RequestError::TooManyCandidates { .. } => "request-candidates", "Ask for a shorter list, or group the sources.";
} }

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Open { path, cause } => write!(f, "{} cannot be opened: {cause}. ", path.display())?,
            ReadError::Io(cause) => write!(f, "The orders cannot be read: {cause}. ")?,
            ReadError::NotOrders { missing } => {
                write!(f, "This is no CSV of orders: no column {}. ", missing.join(", "))?;
            }
            ReadError::NothingUsable { broken } => write!(f, "No line can be used; {broken} are broken. ")?,
        }
        f.write_str(self.fix())
    }
}

impl std::fmt::Display for FitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FitError::NoItems { min_buyers } => write!(f, "No item has {min_buyers} buyers. ")?,
            FitError::Lambda => f.write_str("Lambda is no positive number. ")?,
            FitError::NotInvertible => f.write_str("The matrix of common buyers cannot be inverted. ")?,
        }
        f.write_str(self.fix())
    }
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RequestError::Limit => f.write_str("The list has no such number of places. ")?,
            RequestError::TooManyFactors => f.write_str("There are more factors than a document holds. ")?,
            RequestError::TooManyCandidates { needed } => {
                write!(f, "The previews need {needed} candidates, a document holds 500. ")?;
            }
        }
        f.write_str(self.fix())
    }
}
