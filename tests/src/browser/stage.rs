//! What a test has: browsers, which are watched while it runs and closed when it is over.

use std::cell::RefCell;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;

use super::axe;
use super::driver::Driver;
use super::page::Browser;
use super::shop::Shop;

/// Whether a browser runs the scripts of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// It does, as browsers do.
    Run,
    /// Its user has switched them off.
    Blocked,
}

/// A test's browsers, and what it expects of them.
#[derive(Debug)]
pub struct Stage {
    driver: Arc<Driver>,
    browsers: Mutex<Vec<Browser>>,
    expected: Mutex<Vec<String>>,
}

thread_local! {
    /// What the last panic of this thread said, and where.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A test.
pub type Test = for<'a> fn(&'a Stage) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

impl Stage {
    /// Runs a test. It fails, too, if a browser complained of anything that it did not expect.
    ///
    /// # Errors
    ///
    /// How the test failed, and where pictures of it are.
    pub fn run(driver: Arc<Driver>, name: &str, test: Test) -> Result<(), String> {
        panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
        let stage = Self {
            driver,
            browsers: Mutex::default(),
            expected: Mutex::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let result = AssertUnwindSafe(stage.run_and_watch(test))
                .catch_unwind()
                .await;
            let failure = match result {
                Ok(()) => None,
                Err(_) => Some(format!("{}\n{}", PANIC.take(), stage.pictures(name).await)),
            };
            for browser in stage.browsers() {
                // Nothing is left to be done if it is gone already.
                let _ = browser.client().clone().close().await;
            }
            failure.map_or(Ok(()), Err)
        })
    }

    /// A new browser, which visits the shop.
    pub async fn visitor(&self, shop: &Shop) -> Browser {
        self.browser(shop.url(), Scripts::Run).await
    }

    /// A new browser, which visits the site at `url`.
    pub async fn browser(&self, url: &str, scripts: Scripts) -> Browser {
        let browser = Browser::new(self.driver.open(scripts).await, url);
        lock(&self.browsers).push(browser.clone());
        browser
    }

    /// Lets browsers complain of what contains `text`.
    pub fn expect_complaint(&self, text: &str) {
        lock(&self.expected).push(text.to_owned());
    }

    fn browsers(&self) -> Vec<Browser> {
        lock(&self.browsers).clone()
    }

    async fn run_and_watch(&self, test: Test) {
        test(self).await;
        let expected = lock(&self.expected).clone();
        for browser in self.browsers() {
            let mut complaints = browser.complaints().await;
            complaints.retain(|complaint| !expected.iter().any(|text| complaint.contains(text)));
            assert!(
                complaints.is_empty(),
                "the browser complains: {complaints:#?}"
            );
        }
    }

    /// Keeps what each browser shows.
    async fn pictures(&self, name: &str) -> String {
        let folder = axe::folder().join("failures");
        fs::create_dir_all(&folder).unwrap();
        let mut kept = Vec::new();
        for (index, browser) in self.browsers().iter().enumerate() {
            let file = folder.join(format!("{}-{index}.png", name.replace("::", "-")));
            let Ok(picture) = browser.client().screenshot().await else {
                continue;
            };
            fs::write(&file, picture).unwrap();
            kept.push(format!(
                "{} is what {} showed",
                file.display(),
                browser.path().await
            ));
        }
        kept.join("\n")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
