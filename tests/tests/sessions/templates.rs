//! The session in templates.

use plain::context;
use plain::db::Kind;
use plain::http::{Request, Response, Result};
use plain::test::both;
use plain::views::{TemplateView, View};
use plain_sessions::{SessionStore, SessionView, get_request_session};
use plain_tests::sessions::{Site, costs, set};
use serde_json::json;

both![
    a_missing_key_prints_nothing,
    a_missing_key_is_false_in_a_test,
    a_missing_key_takes_a_default,
    a_value_prints_escaped,
    values_inside_of_values_are_reached,
    a_session_can_be_gone_through,
    a_session_prints_its_names_and_none_of_its_values,
    a_template_sees_what_the_view_has_just_set,
    a_template_does_not_change_the_session,
    get_current_session_is_the_session_that_the_view_asked_for,
    get_current_session_is_nobodys_without_the_middleware,
    a_session_view_gives_its_error_pages_and_early_answers_the_session_too,
    a_page_that_names_its_own_session_shows_that,
    a_template_view_without_a_session_does_not_know_the_name,
];

struct Page;

impl SessionView for Page {
    async fn get(&self, request: &Request, _: &SessionStore) -> Result<Response> {
        request.render("page.html", ())
    }
}

/// What `template` makes of a session with `name`, `items`, `user` and `zero`.
async fn rendered(kind: Kind, template: &'static str) -> String {
    let site = Site::on(kind)
        .template("page.html", template)
        .view("page", Page.as_view());
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada <b>").await;
    let user = json!({ "email": "ada@example.com", "roles": ["admin", "author"] });
    visitor
        .run([
            set("items", json!([1, 2, 3])),
            set("user", user),
            set("zero", 0),
        ])
        .await;
    let response = visitor.get("/page").await;
    assert_eq!(response.status(), 200, "{response:?}");
    assert_eq!(costs(&response), "SELECT");
    response.text().to_owned()
}

async fn a_missing_key_prints_nothing(kind: Kind) {
    assert_eq!(rendered(kind, "[{{ session.missing }}]").await, "[]");
    assert_eq!(rendered(kind, "[{{ session['missing'] }}]").await, "[]");
}

async fn a_missing_key_is_false_in_a_test(kind: Kind) {
    let template = "{% if session.missing %}yes{% else %}no{% endif %} \
                    {{ 'yes' if session.missing else 'no' }} \
                    {% if not session.missing %}not{% endif %} \
                    {{ session.missing is defined }} {{ session.name is defined }}";
    assert_eq!(rendered(kind, template).await, "no no not False True");
}

async fn a_missing_key_takes_a_default(kind: Kind) {
    let template = "{{ session.missing|default('stranger') }} {{ session.zero|default('none') }}";
    assert_eq!(rendered(kind, template).await, "stranger 0");
}

async fn a_value_prints_escaped(kind: Kind) {
    assert_eq!(rendered(kind, "{{ session.name }}").await, "Ada &lt;b&gt;");
}

async fn values_inside_of_values_are_reached(kind: Kind) {
    let template = "{{ session.items[1] }} {{ session.items|length }} {{ session.user.email }} \
                    {% for role in session.user.roles %}{{ role }};{% endfor %} \
                    {% if session.zero %}yes{% else %}no{% endif %}";
    let expected = "2 3 ada@example.com admin;author; no";
    assert_eq!(rendered(kind, template).await, expected);
}

async fn a_session_can_be_gone_through(kind: Kind) {
    let template = "{% for name in session %}{{ name }} {% endfor %}{{ session|length }} \
                    {{ 'name' in session }} {{ 'missing' in session }}";
    assert_eq!(
        rendered(kind, template).await,
        "items name user zero 4 True False"
    );
}

async fn a_session_prints_its_names_and_none_of_its_values(kind: Kind) {
    let expected = "['items', 'name', 'user', 'zero']";
    assert_eq!(rendered(kind, "{{ session|safe }}").await, expected);
}

async fn a_template_sees_what_the_view_has_just_set(kind: Kind) {
    struct Setting;

    impl SessionView for Setting {
        async fn get(&self, request: &Request, session: &SessionStore) -> Result<Response> {
            session.set("name", "Ada")?;
            let page = request.render("page.html", ())?;
            session.set("name", "Grace")?;
            Ok(page)
        }
    }

    let site = Site::on(kind)
        .template("page.html", "{{ session.name }}")
        .view("page", Setting.as_view());
    let site = site.start().await;
    assert_eq!(site.visitor().get("/page").await.text(), "Ada");
}

async fn a_template_does_not_change_the_session(kind: Kind) {
    let site = Site::on(kind)
        .template(
            "page.html",
            "{{ session.missing|default('x') }}{{ session }}",
        )
        .view("page", Page.as_view());
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let before = site.row().await;
    let response = visitor.get("/page").await;
    assert_eq!(
        (costs(&response).as_str(), response.set_cookies().next()),
        ("SELECT", None)
    );
    assert_eq!(site.row().await, before);
}

/// Another kind of page, which has no session of its own.
struct Frame {
    asks: bool,
}

impl View for Frame {
    async fn get(&self, request: &Request) -> Result<Response> {
        if self.asks {
            get_request_session(request).await?;
        }
        request.render("frame.html", context! { title => "Frame" })
    }
}

const FRAME: &str = "{{ title }} {% if get_current_session() %}\
                     {{ get_current_session().name }}{{ get_current_session().missing }}\
                     {% else %}nobody{% endif %}";

async fn get_current_session_is_the_session_that_the_view_asked_for(kind: Kind) {
    let site = Site::on(kind)
        .template("frame.html", FRAME)
        .view("asks", Frame { asks: true })
        .view("does-not", Frame { asks: false });
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    let response = visitor.get("/asks").await;
    assert_eq!(
        (response.text(), costs(&response).as_str()),
        ("Frame Ada", "SELECT")
    );

    let response = visitor.get("/does-not").await;
    assert_eq!(
        (response.text(), costs(&response).as_str()),
        ("Frame nobody", "")
    );
    assert_eq!(response.header("vary"), None);
}

async fn get_current_session_is_nobodys_without_the_middleware(kind: Kind) {
    let site = Site::on(kind)
        .without_session_middleware()
        .template("frame.html", FRAME)
        .view("does-not", Frame { asks: false });
    let site = site.start().await;
    assert_eq!(site.visitor().get("/does-not").await.text(), "Frame nobody");
}

async fn a_session_view_gives_its_error_pages_and_early_answers_the_session_too(kind: Kind) {
    struct Refusing;

    impl SessionView for Refusing {
        async fn get(&self, _: &Request, _: &SessionStore) -> Result<Response> {
            Err(plain::http::Error::forbidden("not for you"))
        }

        async fn before_request(
            &self,
            request: &Request,
            session: &SessionStore,
        ) -> Result<Option<Response>> {
            match session.contains_key("early") {
                true => Ok(Some(request.render("early.html", ())?)),
                false => Ok(None),
            }
        }
    }

    let site = Site::on(kind)
        .template("early.html", "early {{ session.name }}")
        .template("403.html", "{{ message }} {{ session.name }}")
        .view("page", Refusing.as_view());
    let site = site.start().await;
    let visitor = site.visitor_with("name", "Ada").await;
    assert_eq!(visitor.get("/page").await.text(), "Not for you. Ada");
    visitor.run([set("early", true)]).await;
    assert_eq!(visitor.get("/page").await.text(), "early Ada");
}

async fn a_page_that_names_its_own_session_shows_that(kind: Kind) {
    struct Own;

    impl SessionView for Own {
        async fn get(&self, request: &Request, _: &SessionStore) -> Result<Response> {
            request.render("page.html", context! { session => "my own" })
        }
    }

    let site = Site::on(kind)
        .template("page.html", "{{ session }}")
        .view("page", Own.as_view());
    let site = site.start().await;
    assert_eq!(site.visitor().get("/page").await.text(), "my own");
}

async fn a_template_view_without_a_session_does_not_know_the_name(kind: Kind) {
    struct Bare;

    impl TemplateView for Bare {
        fn template(&self) -> &str {
            "bare.html"
        }
    }

    let site = Site::on(kind)
        .template("bare.html", "{{ session is defined }}")
        .view("bare", Bare.as_view());
    let site = site.start().await;
    assert_eq!(site.visitor().get("/bare").await.text(), "False");
}
