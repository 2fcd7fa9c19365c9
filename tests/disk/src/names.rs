//! Which names a disk has, and which of them a power cut would leave: a folder is synced apart from its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// By path: the file, or none where it is a folder.
type Listing = BTreeMap<PathBuf, Option<usize>>;

#[derive(Debug, Clone)]
pub struct Names {
    /// What is on the disk, then what came of each change since.
    history: Vec<Listing>,
}

impl Default for Names {
    fn default() -> Self {
        Names { history: vec![Listing::new()] }
    }
}

impl Names {
    /// One that was there before anyone looked.
    pub fn found(&mut self, path: &Path, file: Option<usize>) {
        for listing in &mut self.history {
            listing.insert(path.to_owned(), file);
        }
    }

    pub fn file(&self, path: &Path) -> Option<usize> {
        self.now().get(path).copied().flatten()
    }

    pub fn set(&mut self, path: &Path, file: Option<usize>) {
        self.change(|names| {
            names.insert(path.to_owned(), file);
        });
    }

    pub fn remove(&mut self, path: &Path) {
        self.change(|names| {
            names.remove(path);
        });
    }

    pub fn rename(&mut self, from: &Path, to: &Path) {
        let file = self.file(from);
        // Two names of one file stay two.
        if file.is_none() || file != self.file(to) {
            self.change(|names| {
                names.remove(from);
                names.insert(to.to_owned(), file);
            });
        }
    }

    /// A folder was synced.
    pub fn synced(&mut self, folder: &Path) {
        let inside = |path: &Path| path.parent() == Some(folder);
        let now: Listing =
            self.now().iter().filter(|(path, _)| inside(path)).map(|(path, file)| (path.clone(), *file)).collect();
        for listing in &mut self.history {
            listing.retain(|path, _| !inside(path));
            listing.extend(now.clone());
        }
        self.history.dedup();
    }

    pub fn now(&self) -> &Listing {
        self.history.last().expect("there is always one")
    }

    /// What is on the disk where of the changes since the last sync the first few were written, as `some` says.
    pub fn left(&self, mut some: impl FnMut() -> bool) -> Listing {
        let last = self.history.iter().skip(1).take_while(|_| some()).last();
        let mut left = last.unwrap_or(&self.history[0]).clone();
        // What lies in a folder that is not there is not there either.
        let folders: Vec<PathBuf> = self.folders().filter(|folder| !left.contains_key(*folder)).cloned().collect();
        left.retain(|path, _| !folders.iter().any(|folder| path.starts_with(folder)));
        left
    }

    fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        self.history.iter().flatten().filter(|(_, file)| file.is_none()).map(|(path, _)| path)
    }

    fn change(&mut self, work: impl FnOnce(&mut Listing)) {
        let mut names = self.now().clone();
        work(&mut names);
        self.history.push(names);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_once_its_folder_was_synced_and_changes_come_in_their_order() {
        let mut names = Names::default();
        let [folder, new, old] = ["/d", "/d/new", "/d/old"].map(Path::new);
        names.set(folder, None);
        names.set(old, Some(1));
        assert_eq!(names.left(|| false).len(), 0);
        names.synced(folder);
        assert_eq!(names.left(|| false).len(), 0, "the folder itself has no name yet");
        names.synced(Path::new("/"));
        assert_eq!(names.left(|| false).len(), 2);
        names.set(new, Some(2));
        names.rename(new, old);
        let mut turns = [true, false].into_iter();
        let left = names.left(|| turns.next().unwrap_or(false));
        assert_eq!((left.get(old), left.get(new)), (Some(&Some(1)), Some(&Some(2))));
        assert_eq!(names.left(|| true).get(old), Some(&Some(2)));
        assert_eq!(names.left(|| false).get(old), Some(&Some(1)));
    }
}
