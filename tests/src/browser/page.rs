//! A tab of a browser, used as its visitor uses it.

use std::time::Instant;

use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, Locator};
use serde_json::Value;
use url::Url;

use super::PATIENCE;
use super::wire::Wire;

/// A browser that visits one site.
#[derive(Clone, Debug)]
pub struct Browser {
    client: Client,
    site: Url,
}

impl Browser {
    pub(super) fn new(client: Client, site: &str) -> Self {
        let site = Url::parse(site).unwrap();
        Self { client, site }
    }

    /// What steers it, for what has no method here.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a page of the site: its path, with the query.
    pub async fn open(&self, path: &str) {
        // As it is written, were it to begin with two slashes.
        let site = self.site.origin().ascii_serialization();
        self.client.goto(&format!("{site}{path}")).await.unwrap();
    }

    /// The path and the query of the page that is shown.
    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url[url::Position::BeforePath..].to_owned()
    }

    /// Waits for the page at `path`, with its query.
    pub async fn arrive(&self, path: &str) {
        let reached = async || (self.path().await == path).then_some(());
        self.wait(&format!("the page {path}"), reached).await;
    }

    /// Waits for a page whose path begins so.
    pub async fn arrive_below(&self, path: &str) {
        let reached = async || self.path().await.starts_with(path).then_some(());
        self.wait(&format!("a page below {path}"), reached).await;
    }

    /// Waits until the page shows `text`, however its lines are broken.
    pub async fn see(&self, text: &str) {
        let shown = async || self.shows(text).await.then_some(());
        self.wait(&format!("the text “{text}”"), shown).await;
    }

    /// Whether the page shows `text` now, however its lines are broken.
    pub async fn shows(&self, text: &str) -> bool {
        squeezed(&self.text().await).contains(&squeezed(text))
    }

    /// All text that the page shows.
    pub async fn text(&self) -> String {
        match self.client.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            // Between two pages.
            Err(_) => String::new(),
        }
    }

    /// The page as the browser reads it.
    pub async fn source(&self) -> String {
        self.client.source().await.unwrap()
    }

    /// Presses the link or the button with this name; of several, the first that can be pressed. A
    /// name that begins so will do where none is the same.
    pub async fn press(&self, name: &str) {
        let locators = pressable(PRESSABLE, name);
        self.act(
            &format!("a link or button “{name}”"),
            &locators,
            async |found| found.click().await,
        )
        .await;
    }

    /// Presses the button with this name, whatever links are called so.
    pub async fn submit(&self, name: &str) {
        let what = format!("a button “{name}”");
        let locators = pressable("//button", name);
        let press = async |found: &Element| found.click().await;
        self.act(&what, &locators, press).await;
    }

    /// Ticks, or unticks, the box with this label; a label that begins so will do.
    pub async fn tick(&self, label: &str) {
        let label = quoted(label);
        let locator = format!(
            "//input[@type='checkbox' and ancestor::label[starts-with(normalize-space(),{label})]]"
        );
        let press = async |found: &Element| found.click().await;
        self.act(&format!("a box {label}"), &[locator], press).await;
    }

    /// The texts of all elements that `selector` (CSS) selects and that can be seen.
    pub async fn texts_of(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for found in self.client.find_all(Locator::Css(selector)).await.unwrap() {
            texts.push(squeezed(&found.text().await.unwrap()));
        }
        texts
    }

    /// Whether there is a link or a button with this name that can be seen.
    pub async fn offers(&self, name: &str) -> bool {
        for locator in pressable(PRESSABLE, name) {
            for found in self
                .client
                .find_all(Locator::XPath(&locator))
                .await
                .unwrap()
            {
                if found.is_displayed().await.unwrap_or(false) {
                    return true;
                }
            }
        }
        false
    }

    /// Writes `text` into the field with this label, instead of what is in it.
    pub async fn fill(&self, label: &str, text: &str) {
        self.act(
            &format!("a field “{label}”"),
            &[field(label)],
            async |found| {
                found.clear().await?;
                found.send_keys(text).await
            },
        )
        .await;
    }

    /// Chooses an option by its text in the list with this label.
    pub async fn choose(&self, label: &str, option: &str) {
        self.act(
            &format!("a list “{label}”"),
            &[field(label)],
            async |found| found.select_by_label(option).await,
        )
        .await;
    }

    /// What is in the field with this label.
    pub async fn value(&self, label: &str) -> String {
        let found = self
            .find(&format!("a field “{label}”"), &[field(label)])
            .await;
        found.prop("value").await.unwrap().unwrap_or_default()
    }

    /// The text of the first element that `selector` (CSS) selects.
    pub async fn text_of(&self, selector: &str) -> String {
        let read = async || {
            let found = self.client.find(Locator::Css(selector)).await.ok()?;
            found.text().await.ok()
        };
        squeezed(&self.wait(selector, read).await)
    }

    /// How many elements `selector` (CSS) selects.
    pub async fn count(&self, selector: &str) -> usize {
        let found = self.client.find_all(Locator::Css(selector)).await;
        found.unwrap().len()
    }

    /// The name of `element` as assistive technology says it.
    pub async fn name_of(&self, element: &Element) -> Result<String, CmdError> {
        let id = element.element_id();
        let path = format!("element/{}/computedlabel", id.as_ref());
        let name = self.client.issue_cmd(Wire::get(path)).await?;
        Ok(squeezed(name.as_str().unwrap_or_default()))
    }

    /// Opens a second tab, and goes on in it.
    pub async fn new_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.switch(&tab).await;
        tab
    }

    /// The tab that is looked at.
    pub async fn tab(&self) -> WindowHandle {
        self.client.window().await.unwrap()
    }

    /// Goes on in another tab.
    pub async fn switch(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.unwrap();
    }

    /// The value of a cookie, if the browser has it.
    pub async fn cookie(&self, name: &str) -> Option<String> {
        let cookie = self.client.get_named_cookie(name).await.ok()?;
        Some(cookie.value().to_owned())
    }

    /// Runs a script that is not the page's, also where those of pages are blocked.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Runs a script of ours that ends when it calls its last argument with what it found.
    pub async fn script_until(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute_async(script, arguments).await.unwrap()
    }

    /// The errors on the console since this was last asked: of scripts, of what could not be
    /// loaded, of what the policy for content forbids.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.command(Wire::console()).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    pub(super) async fn command(&self, command: Wire) -> Value {
        self.client.issue_cmd(command).await.unwrap()
    }

    /// Waits for what `look` finds.
    pub async fn wait<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            if Instant::now() > deadline {
                let (path, text) = (self.path().await, self.text().await);
                panic!("there is not {what} at {path}, which shows:\n{text}");
            }
            tokio::task::yield_now().await;
        }
    }

    /// The first element that is there and can be seen.
    async fn find(&self, what: &str, locators: &[String]) -> Element {
        self.wait(what, async || {
            for locator in locators {
                for found in self.client.find_all(Locator::XPath(locator)).await.ok()? {
                    if found.is_displayed().await.unwrap_or(false) {
                        return Some(found);
                    }
                }
            }
            None
        })
        .await
    }

    /// Does something with an element; again, if the page was replaced just then.
    async fn act(
        &self,
        what: &str,
        locators: &[String],
        action: impl AsyncFn(&Element) -> Result<(), CmdError>,
    ) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.find(what, locators).await;
            match action(&found).await {
                Ok(()) => return,
                Err(error) if is_passing(&error) && Instant::now() < deadline => {}
                Err(error) => panic!("{what} at {} can't be used: {error}", self.path().await),
            }
        }
    }
}

fn is_passing(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(error) if matches!(
        error.error,
        ErrorStatus::StaleElementReference
            | ErrorStatus::NoSuchElement
            | ErrorStatus::ElementNotInteractable
            | ErrorStatus::ElementClickIntercepted
    ))
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Links and buttons, in XPath.
const PRESSABLE: &str = "//*[self::a[@href] or self::button or self::summary or @role='button']";

/// Where those of `kind` are that have this name, in XPath; then those whose name begins so.
fn pressable(kind: &str, name: &str) -> [String; 2] {
    let name = quoted(name);
    let label = "@aria-label";
    [
        format!("{kind}[{label}={name} or not({label}) and normalize-space()={name}]"),
        format!(
            "{kind}[starts-with({label},{name}) or not({label}) and \
             starts-with(normalize-space(),{name})]"
        ),
    ]
}

/// Where the field with this label is, in XPath.
fn field(label: &str) -> String {
    let label = quoted(label);
    let kind = "[self::input or self::textarea or self::select]";
    format!(
        "//*{kind}[@id=//label[normalize-space()={label}]/@for or @aria-label={label} or \
         ancestor::label[starts-with(normalize-space(),{label})]]"
    )
}

/// A text in XPath, which has no escapes.
fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<_> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(r#", "'", "#))
}
