//! Pages about the application itself: settings, preflight, migrations, URLs, packages.

use serde::Serialize;

use super::super::Cell;
use super::super::guard::{Page, Visit};
use crate::context;
use crate::db::migrations::{State, stale};
use crate::http::{Response, Result};
use crate::packages::Packages;
use crate::preflight::{CheckEntry, Level, PreflightSettings, Stage, run_checks};
use crate::settings;
use crate::urls::{Route, Router};

pub(in super::super) struct Settings;

impl Page for Settings {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let settings: &settings::Settings = visit.app().require()?;
        let entries = settings.entries().iter().map(|entry| {
            context! {
                name => entry.name,
                package => entry.package,
                value => entry.value_text(),
                default => entry.default_text(),
                source => entry.source.to_string(),
                summary => entry.summary(),
                changed => entry.changed,
                secret => entry.secret,
            }
        });
        let entries: Vec<_> = entries.collect();
        visit.render("admin/settings.html", context! { entries })
    }
}

pub(in super::super) struct Preflight;

impl Page for Preflight {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let app = visit.app();
        let checks: &Vec<CheckEntry> = app.require()?;
        let silenced = &visit
            .request
            .settings::<PreflightSettings>()?
            .preflight_silenced;
        let deploy = visit
            .request
            .query_values("stage")
            .last()
            .is_some_and(|stage| stage == "deploy");
        let stage = if deploy { Stage::Deploy } else { Stage::Always };
        let report = run_checks(app, checks, stage, silenced).await;
        let context = context! {
            deploy,
            errors => report.count(Level::Error),
            warnings => report.count(Level::Warning),
            checks => report.checks,
            address => visit.request.path(),
        };
        visit.render("admin/preflight.html", context)
    }
}

pub(in super::super) struct Migrations;

impl Page for Migrations {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let packages: &Packages = visit.app().require()?;
        let migrator = packages.migrator(visit.database()?.clone())?;
        let rows = migrator.status().await?;
        let rows = rows.iter().map(|status| {
            let (state, at) = match status.state {
                State::Pending => ("pending", None),
                State::Applied(at) => ("applied", Some(at)),
                State::Changed(at) => ("changed", Some(at)),
                State::Unknown(at) => ("unknown", Some(at)),
            };
            context! {
                package => status.id.package,
                name => status.id.name,
                state,
                at => at.map(Cell::time),
            }
        });
        let folders = packages.installed().iter().filter_map(|it| it.migrations());
        let stale = folders.filter_map(stale).map(|stale| stale.to_string());
        let context = context! {
            rows => rows.collect::<Vec<_>>(),
            stale => stale.collect::<Vec<_>>(),
        };
        visit.render("admin/migrations.html", context)
    }
}

pub(in super::super) struct UrlList;

#[derive(Serialize)]
struct RouteRow<'a> {
    pattern: String,
    name: Option<&'a str>,
    methods: String,
    view: &'static str,
    package: &'static str,
}

impl Page for UrlList {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let router: &Router = visit.app().require()?;
        let row = |route: &'_ Route| RouteRow {
            pattern: format!("/{}", route.pattern()),
            name: None,
            methods: route.methods().join(", "),
            view: route.view(),
            package: route.package(),
        };
        let rows = router.routes().iter();
        let rows = rows.map(|route| RouteRow {
            name: route.name(),
            ..row(route)
        });
        let rows: Vec<_> = rows.collect();
        visit.render("admin/urls.html", context! { rows })
    }
}

pub(in super::super) struct PackageList;

impl Page for PackageList {
    async fn get(&self, visit: &Visit<'_>) -> Result<Response> {
        let packages: &Packages = visit.app().require()?;
        let installed = packages.installed().iter().map(|package| {
            let migrations = package.migrations().map_or(0, |folder| folder.files.len());
            context! { name => package.name(), requires => package.requires(), migrations }
        });
        let context = context! {
            installed => installed.collect::<Vec<_>>(),
            linked_only => packages.linked_only(),
        };
        visit.render("admin/packages.html", context)
    }
}
