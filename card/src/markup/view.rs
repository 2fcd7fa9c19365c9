//! A card as the framework sees it.

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::{Mountable, Position, PositionState};
use leptos::web_sys;

use super::drawn::Drawn;
use super::{Draw, On};

/// What draws and whom presses reach.
pub(super) struct View {
    pub draw: Draw,
    pub on: On,
}

/// In the page.
impl Render for View {
    type State = Drawn;

    fn build(self) -> Drawn {
        Drawn::new(self)
    }

    /// The drawing follows what it read by itself; this is another drawing.
    fn rebuild(self, drawn: &mut Drawn) {
        let mut next = self.build();
        drawn.insert_before_this(&mut next);
        drawn.unmount();
        *drawn = next;
    }
}

impl Mountable for Drawn {
    fn unmount(&mut self) {
        self.root().remove();
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&web_sys::Node>) {
        let _ = parent.insert_before(self.root(), marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.root().parent_element();
        if let Some(parent) = &parent {
            child.mount(parent, Some(self.root()));
        }
        parent.is_some()
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        vec![self.root().clone()]
    }
}

/// On the server.
impl RenderHtml for View {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        out: &mut String,
        _position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        #[cfg(not(feature = "csr"))]
        super::html::write(out, &(self.draw)());
        #[cfg(feature = "csr")]
        let _ = out;
    }

    /// The page never takes over the server's markup; it draws its own.
    fn hydrate<const FROM_SERVER: bool>(self, _cursor: &Cursor, _position: &PositionState) -> Drawn {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}

impl AddAnyAttr for View {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _attribute: A) -> Self {
        self
    }
}
