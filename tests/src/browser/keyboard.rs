//! Using a page by the keyboard alone.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;

use super::page::Browser;

/// The most steps that anything on a page may be away.
const MOST_STEPS: usize = 200;

impl Browser {
    /// Presses a key and lets it go.
    pub async fn key(&self, key: Key) {
        self.keys(&[char::from(key)]).await;
    }

    /// Presses Shift and a key.
    pub async fn shift(&self, key: Key) {
        let shift = char::from(Key::Shift);
        let key = char::from(key);
        let actions = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: shift })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: shift });
        self.client().perform_actions(actions).await.unwrap();
    }

    /// Writes `text` where the focus is.
    pub async fn write(&self, text: &str) {
        self.keys(&text.chars().collect::<Vec<_>>()).await;
    }

    /// Presses Tab until the focus is on what has this name, or one that begins so. Whatever the
    /// focus passes shows that it has it.
    pub async fn tab_to(&self, name: &str) -> Element {
        let mut passed = Vec::new();
        for _ in 0..MOST_STEPS {
            self.key(Key::Tab).await;
            let focused = self.client().active_element().await.unwrap();
            let label = self.name_of(&focused).await.unwrap();
            if label == name || label.starts_with(&format!("{name} ")) {
                assert!(
                    self.focus_shows().await,
                    "the focus on “{label}” can't be seen"
                );
                return focused;
            }
            passed.push(label);
        }
        panic!(
            "Tab does not reach “{name}” at {}, but {passed:?}",
            self.path().await
        );
    }

    /// The name of what has the focus.
    pub async fn focus(&self) -> String {
        let focused = self.client().active_element().await.unwrap();
        self.name_of(&focused).await.unwrap()
    }

    /// Whether one sees where the focus is (WCAG 2.2, 2.4.7): an outline, or a shadow, inside the
    /// window.
    async fn focus_shows(&self) -> bool {
        let script = "
            const style = getComputedStyle(document.activeElement);
            const box = document.activeElement.getBoundingClientRect();
            const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
            const inside = box.bottom > 0 && box.right > 0
                && box.top < innerHeight && box.left < innerWidth;
            return inside && (outlined || style.boxShadow !== 'none');";
        self.script(script, vec![]).await == true
    }

    async fn keys(&self, keys: &[char]) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for &value in keys {
            actions = actions
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        self.client().perform_actions(actions).await.unwrap();
    }
}
