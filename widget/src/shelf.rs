//! What stays on the device. Where storage is blocked or full, it stays in memory
//! and says so: nothing here panics, and nothing pretends to be kept.

use std::cell::RefCell;

use web_sys::Storage;

pub struct Shelf {
    prefix: String,
    disk: Option<Storage>,
    memory: RefCell<Vec<(String, String)>>,
}

impl Shelf {
    pub fn open(site: &str) -> Self {
        let disk = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
        Shelf { prefix: ["candor:", site, ":"].concat(), disk, memory: RefCell::default() }
    }

    pub fn get(&self, key: &str) -> Option<String> {
        if let Some((_, held)) = self.memory.borrow().iter().find(|(name, _)| name == key) {
            return Some(held.clone());
        }
        self.disk.as_ref()?.get_item(&self.name(key)).ok().flatten()
    }

    /// Whether it will still be there when the page is gone.
    pub fn set(&self, key: &str, value: &str) -> bool {
        let kept = self.disk.as_ref().is_some_and(|disk| disk.set_item(&self.name(key), value).is_ok());
        let mut memory = self.memory.borrow_mut();
        memory.retain(|(name, _)| name != key);
        if !kept {
            memory.push((key.to_owned(), value.to_owned()));
        }
        kept
    }

    pub fn remove(&self, key: &str) {
        self.memory.borrow_mut().retain(|(name, _)| name != key);
        if let Some(disk) = &self.disk {
            let _ = disk.remove_item(&self.name(key));
        }
    }

    /// Keys that start so, without our own prefix.
    pub fn keys(&self, start: &str) -> Vec<String> {
        let memory = self.memory.borrow();
        let mut found: Vec<String> =
            memory.iter().map(|(key, _)| key).filter(|key| key.starts_with(start)).cloned().collect();
        let Some(disk) = &self.disk else { return found };
        for index in 0..disk.length().unwrap_or(0) {
            let Ok(Some(name)) = disk.key(index) else { continue };
            if let Some(key) = name.strip_prefix(&self.prefix)
                && key.starts_with(start)
                && !found.iter().any(|known| known == key)
            {
                found.push(key.to_owned());
            }
        }
        found
    }

    pub fn clear(&self) {
        for key in self.keys("") {
            self.remove(&key);
        }
    }

    fn name(&self, key: &str) -> String {
        [&self.prefix, key].concat()
    }
}
