//! How wide the window is and which colours its user prefers.

use std::path::Path;

use serde_json::json;

use super::page::Browser;
use super::wire::Wire;

/// The size of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// That of a desk: 1280 by 900.
    Desk,
    /// That of a phone: 390 by 844.
    Phone,
    /// The narrowest that pages must fit into without sideways scrolling (WCAG 2.2, 1.4.10):
    /// 320 by 640.
    Narrow,
}

impl Window {
    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desk => "1280",
            Self::Phone => "390",
            Self::Narrow => "320",
        }
    }

    fn size(self) -> (u64, u64) {
        match self {
            Self::Desk => (1280, 900),
            Self::Phone => (390, 844),
            Self::Narrow => (320, 640),
        }
    }
}

/// The colours that a user prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on light ground.
    Light,
    /// Light text on dark ground.
    Dark,
}

impl Scheme {
    /// Its name in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// All ways of looking at a page that it must be made for.
pub const LOOKS: [(Window, Scheme); 4] = [
    (Window::Desk, Scheme::Light),
    (Window::Desk, Scheme::Dark),
    (Window::Phone, Scheme::Light),
    (Window::Phone, Scheme::Dark),
];

impl Browser {
    /// Makes the window of this tab that large, from now on.
    pub async fn resize(&self, window: Window) {
        let (width, height) = window.size();
        self.measure(window, width, height).await;
    }

    /// Lets the user of this tab prefer these colours, from now on. Movements are reduced, so that
    /// a picture does not show the middle of one.
    pub async fn prefer(&self, scheme: Scheme) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme.name() },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        let command = Wire::tools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        self.command(command).await;
    }

    /// How many pixels the page is wider than its window.
    pub async fn overflow(&self) -> i64 {
        let script = "const page = document.scrollingElement; \
                      return page.scrollWidth - page.clientWidth";
        let overflow = self.script(script, vec![]).await;
        overflow.as_i64().unwrap()
    }

    /// The colour of the page's ground, as CSS says it.
    pub async fn ground(&self) -> String {
        let script = "return getComputedStyle(document.body).backgroundColor";
        let colour = self.script(script, vec![]).await;
        colour.as_str().unwrap().to_owned()
    }

    /// Writes a picture of the whole page, as long as it is, to `file`.
    pub async fn picture(&self, window: Window, file: &Path) {
        let script = "return document.scrollingElement.scrollHeight";
        let length = self.script(script, vec![]).await.as_u64().unwrap();
        let (width, height) = window.size();
        self.measure(window, width, length.max(height)).await;
        std::fs::write(file, self.client().screenshot().await.unwrap()).unwrap();
        self.resize(window).await;
    }

    /// Writes a picture of what the window shows to `file`.
    pub async fn glimpse(&self, file: &Path) {
        std::fs::write(file, self.client().screenshot().await.unwrap()).unwrap();
    }

    async fn measure(&self, window: Window, width: u64, height: u64) {
        let metrics = json!({
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": window != Window::Desk,
        });
        let command = Wire::tools("Emulation.setDeviceMetricsOverride", metrics);
        self.command(command).await;
    }
}
