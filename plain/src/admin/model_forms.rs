//! Making, changing and deleting the rows of a model.

use super::backend::{Texts, Writing, Written, not_here};
use super::form::Form;
use super::model::{ModelBackend, gone, id_of, key};
use super::viewset::Viewset;
use crate::db::{self, Model};
use crate::http::{FormData, Result};
use crate::services::Services;
use crate::views::BoundForm;

type Values = Vec<(&'static str, db::Value)>;

impl<V: Viewset> ModelBackend<V> {
    /// What stands in the fields of the form that changes the object.
    pub(super) async fn form_values(&self, app: &Services, id: &str) -> Result<Option<Texts>> {
        let form = self.update.as_ref().ok_or_else(not_here)?;
        let Some(row) = self.find(app, id).await? else {
            return Ok(None);
        };
        Ok(Some(texts(form, &row)?))
    }

    pub(super) async fn save(
        &self,
        app: &Services,
        writing: Writing<'_>,
        data: &FormData,
    ) -> Result<Written> {
        let form = match writing {
            Writing::Create => self.create.as_ref(),
            Writing::Update(_) => self.update.as_ref(),
        };
        let form = form.ok_or_else(not_here)?;
        let values = match form.read(data)? {
            Ok(values) => values,
            Err(rejected) => return Ok(Written::Rejected(rejected)),
        };
        let saved = match writing {
            Writing::Create => self.insert(app, values).await,
            Writing::Update(id) => self.change(app, id, form, values).await,
        };
        saved.or_else(|error| match error.find::<db::Error>().and_then(refusal) {
            Some(message) => {
                let mut rejected = BoundForm::submitted(data);
                rejected.add_error(None, message);
                Ok(Written::Rejected(rejected))
            }
            None => Err(error),
        })
    }

    async fn insert(&self, app: &Services, values: Values) -> Result<Written> {
        let changed = values.iter().map(|(name, _)| *name).collect();
        let row = V::Model::query().create(app.database()?, values).await?;
        let id = id_of::<V::Model>(&serde_json::to_value(&row)?)?;
        let label = self.label(&row, &id);
        Ok(Written::Saved { id, label, changed })
    }

    async fn change(
        &self,
        app: &Services,
        id: &str,
        form: &Form<V::Model>,
        values: Values,
    ) -> Result<Written> {
        let before = texts(form, &self.find(app, id).await?.ok_or_else(gone)?)?;
        let key = key::<V::Model>(id).ok_or_else(gone)?;
        let rows = self.viewset.query().filter(V::Model::PRIMARY_KEY, key);
        if rows.update(app.database()?, values).await? == 0 {
            return Err(gone());
        }
        let row = self.find(app, id).await?.ok_or_else(gone)?;
        let after = texts(form, &row)?;
        let text = |texts: &[(String, String)], name: &str| {
            let found = texts.iter().find(|(known, _)| known == name);
            found.map(|(_, text)| text.clone())
        };
        let fields = form.fields.iter().map(|field| field.name);
        Ok(Written::Saved {
            id: id.to_owned(),
            label: self.label(&row, id),
            changed: fields
                .filter(|name| text(&before, name) != text(&after, name))
                .collect(),
        })
    }

    /// Deletes the object; false if there was none.
    pub(super) async fn remove(&self, app: &Services, id: &str) -> Result<bool> {
        let Some(key) = key::<V::Model>(id) else {
            return Ok(false);
        };
        let rows = self.viewset.query().filter(V::Model::PRIMARY_KEY, key);
        Ok(rows.delete(app.database()?).await? > 0)
    }
}

fn texts<M: Model>(form: &Form<M>, row: &M) -> Result<Texts> {
    let json = serde_json::to_value(row)?;
    let fields = form.fields.iter();
    let texts = fields.filter_map(|field| field.initial(json.get(field.name)?));
    Ok(texts.collect())
}

/// What a visitor is told where the database refuses what was written.
pub(super) fn refusal(error: &db::Error) -> Option<&'static str> {
    match error {
        error if error.is_unique_violation() => {
            Some("another object has this value already, where each must have its own")
        }
        db::Error::Constraint { .. } => {
            Some("the database does not allow this: a rule of the table forbids it")
        }
        _ => None,
    }
}
