//! A serializer to [`Value`] that refuses what could not be given back as it was.

use std::fmt::Display;

use serde::Serialize;
use serde::ser::{self, Impossible};
use serde_json::{Map, Number, Value};

use super::{JsonError, MOST_DEPTH, check_text};

type Result<T = Value> = std::result::Result<T, JsonError>;

impl ser::Error for JsonError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Writes a value at one depth of nesting.
#[derive(Clone, Copy)]
pub(super) struct Strict {
    left: usize,
}

impl Strict {
    pub(super) fn new() -> Self {
        Self { left: MOST_DEPTH }
    }

    /// The serializer of what stands inside of this one's list or map.
    fn deeper(self) -> Result<Self> {
        let left = self.left.checked_sub(1).ok_or(JsonError::TooDeep)?;
        Ok(Self { left })
    }

    fn list(self, variant: Option<&'static str>) -> Result<List> {
        let inner = variant.map_or(Ok(self), |_| self.deeper())?.deeper()?;
        Ok(List {
            inner,
            items: Vec::new(),
            variant,
        })
    }

    fn map(self, variant: Option<&'static str>) -> Result<Entries> {
        let inner = variant.map_or(Ok(self), |_| self.deeper())?.deeper()?;
        Ok(Entries {
            inner,
            map: Map::new(),
            key: None,
            variant,
        })
    }
}

/// `value`, in a map of its own if it is that of an enum's variant.
fn wrapped(variant: Option<&'static str>, value: Value) -> Value {
    match variant {
        Some(name) => Value::Object(Map::from_iter([(name.to_owned(), value)])),
        None => value,
    }
}

impl ser::Serializer for Strict {
    type Ok = Value;
    type Error = JsonError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Entries;

    fn serialize_bool(self, value: bool) -> Result {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result {
        Ok(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result {
        Ok(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result {
        Ok(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result {
        Ok(value.into())
    }

    fn serialize_i128(self, value: i128) -> Result {
        let signed = i64::try_from(value).map(Value::from);
        signed
            .or_else(|_| u64::try_from(value).map(Value::from))
            .map_err(|_| JsonError::TooLarge)
    }

    fn serialize_u8(self, value: u8) -> Result {
        Ok(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result {
        Ok(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result {
        Ok(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result {
        Ok(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result {
        u64::try_from(value)
            .map(Value::from)
            .map_err(|_| JsonError::TooLarge)
    }

    fn serialize_f32(self, value: f32) -> Result {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or(JsonError::NotFinite)
    }

    fn serialize_char(self, value: char) -> Result {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result {
        check_text(value)?;
        Ok(value.into())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        Ok(wrapped(Some(variant), value.serialize(self.deeper()?)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List> {
        self.list(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<List> {
        self.list(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List> {
        self.list(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List> {
        self.list(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries> {
        self.map(None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries> {
        self.map(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries> {
        self.map(Some(variant))
    }
}

/// A list that is being written.
pub(super) struct List {
    inner: Strict,
    items: Vec<Value>,
    variant: Option<&'static str>,
}

impl List {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }

    fn finish(self) -> Value {
        wrapped(self.variant, Value::Array(self.items))
    }
}

impl ser::SerializeSeq for List {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.push(value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

impl ser::SerializeTuple for List {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.push(value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleStruct for List {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.push(value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

impl ser::SerializeTupleVariant for List {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.push(value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

/// A map that is being written.
pub(super) struct Entries {
    inner: Strict,
    map: Map<String, Value>,
    key: Option<String>,
    variant: Option<&'static str>,
}

impl Entries {
    fn insert<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Result<()> {
        self.map.insert(key, value.serialize(self.inner)?);
        Ok(())
    }

    fn finish(self) -> Value {
        wrapped(self.variant, Value::Object(self.map))
    }
}

impl ser::SerializeMap for Entries {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = Some(key.serialize(KeyText)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let key = self
            .key
            .take()
            .ok_or_else(|| JsonError::Custom("a value without its key".to_owned()))?;
        self.insert(key, value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

impl ser::SerializeStruct for Entries {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<()> {
        self.insert(key.to_owned(), value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Entries {
    type Ok = Value;
    type Error = JsonError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<()> {
        self.insert(key.to_owned(), value)
    }

    fn end(self) -> Result {
        Ok(self.finish())
    }
}

/// Writes the key of a map: texts, characters and names of variants only.
struct KeyText;

type Never = Impossible<String, JsonError>;

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok> {
            Err(JsonError::KeyNotText)
        })*
    };
}

impl ser::Serializer for KeyText {
    type Ok = String;
    type Error = JsonError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_str(self, value: &str) -> Result<String> {
        check_text(value)?;
        Ok(value.to_owned())
    }

    fn serialize_char(self, value: char) -> Result<String> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String> {
        Err(JsonError::KeyNotText)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String> {
        Err(JsonError::KeyNotText)
    }

    refuse! {
        serialize_bool(bool) -> String;
        serialize_i8(i8) -> String;
        serialize_i16(i16) -> String;
        serialize_i32(i32) -> String;
        serialize_i64(i64) -> String;
        serialize_i128(i128) -> String;
        serialize_u8(u8) -> String;
        serialize_u16(u16) -> String;
        serialize_u32(u32) -> String;
        serialize_u64(u64) -> String;
        serialize_u128(u128) -> String;
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
