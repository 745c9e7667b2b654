//! How pages look: in narrow windows, by night, and in pictures for who looks at them.

use std::path::{Path, PathBuf};

use plain_tests::browser::{Browser, LOOKS, Scheme, Shop, Stage, Window};

use crate::errors::break_shelves;
use crate::office;
use crate::pages::{ACCOUNT, PAGES, regular};

/// The variable that names a folder which pictures of all pages are written to.
pub(crate) const FOLDER: &str = "SCREENSHOTS";

/// The variable that names the folder of the guide's pictures; `docs/pictures` sets it.
pub(crate) const GUIDE: &str = "GUIDE_PICTURES";

pub(crate) async fn pages_fit_into_the_narrowest_window(stage: &Stage) {
    let shop = Shop::open();
    let visitor = regular(stage, &shop).await;
    assert_fitting(&visitor, &[&PAGES[..], &ACCOUNT].concat()).await;
}

pub(crate) async fn pages_of_the_admin_fit_into_the_narrowest_window(stage: &Stage) {
    let shop = Shop::open();
    let admin = office::work(stage, &shop).await;
    assert_fitting(
        &admin,
        &[&office::PAGES[..], &["/account/sessions"]].concat(),
    )
    .await;
}

async fn assert_fitting(visitor: &Browser, pages: &[&str]) {
    for window in [Window::Phone, Window::Narrow] {
        visitor.resize(window).await;
        for page in pages {
            visitor.open(page).await;
            assert_eq!(
                visitor.overflow().await,
                0,
                "{page} at {} pixels",
                window.name()
            );
        }
    }
}

pub(crate) async fn pages_are_dark_for_who_prefers_it(stage: &Stage) {
    let shop = Shop::open();
    let visitor = office::work(stage, &shop).await;
    for page in [&PAGES[..], &office::PAGES].concat() {
        let mut grounds = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            visitor.prefer(scheme).await;
            visitor.open(page).await;
            grounds.push(brightness(&visitor.ground().await));
        }
        assert!(grounds[0] > 200 && grounds[1] < 60, "{page}: {grounds:?}");
    }
}

/// The mean of red, green and blue in `rgb(R, G, B)`.
fn brightness(colour: &str) -> u32 {
    let parts = colour
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok());
    let parts: Vec<u32> = parts.take(3).collect();
    parts.iter().sum::<u32>() / 3
}

pub(crate) async fn pictures(stage: &Stage) {
    stage.expect_complaint("status of");
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    let shop = Shop::open();
    let visitor = regular(stage, &shop).await;
    for page in [&PAGES[..], &ACCOUNT].concat() {
        take(&visitor, page, &name(page), &folder).await;
    }
    let second = Shop::open();
    let admin = office::work(stage, &second).await;
    for page in [
        &office::PAGES[..],
        &[
            "/session",
            "/orders",
            "/account/sessions",
            "/account/password",
        ],
    ]
    .concat()
    {
        take(&admin, page, &format!("signed-in-{}", name(page)), &folder).await;
    }
    let strange = Shop::open_to_strangers();
    break_shelves(&strange).await;
    break_shelves(&shop).await;
    take(&visitor, "/", "error-debug", &folder).await;
    let stranger = stage.visitor(&strange).await;
    take(&stranger, "/", "error-500", &folder).await;
}

pub(crate) async fn pictures_of_the_guide(stage: &Stage) {
    stage.expect_complaint("status of");
    let folder = PathBuf::from(std::env::var_os(GUIDE).unwrap());
    let shop = Shop::open();
    shop.lay_out_code();
    let admin = office::work(stage, &shop).await;
    for (page, name) in [
        ("/", "shop.png"),
        ("/admin/products", "admin.png"),
        ("/api/products", "error.png"),
    ] {
        if name == "error.png" {
            break_shelves(&shop).await;
        }
        admin.resize(Window::Desk).await;
        admin.prefer(Scheme::Light).await;
        admin.open(page).await;
        admin.glimpse(&folder.join(name)).await;
    }
}

/// The name of a page in file names.
fn name(page: &str) -> String {
    match page.trim_start_matches('/').replace(['/', '?', '='], "-") {
        name if name.is_empty() => "home".to_owned(),
        name => name,
    }
}

async fn take(visitor: &Browser, page: &str, name: &str, folder: &Path) {
    for (window, scheme) in LOOKS {
        visitor.resize(window).await;
        visitor.prefer(scheme).await;
        visitor.open(page).await;
        let file = format!("{name}-{}-{}.png", window.name(), scheme.name());
        visitor.picture(window, &folder.join(file)).await;
    }
}
