-- Something to sell, for a shop that was just opened.
INSERT INTO app_product (slug, name, summary, description, picture, price) VALUES
(
    'stoneware-teapot', 'Stoneware teapot', 'Keeps warm for a chapter and a half.',
    'Thrown by hand and glazed on the inside only, so that the clay ages with the tea. The lid sits deep and stays on while you pour. Holds 0.9 litres, or four cups.',
    'products/teapot.svg', 4800
),
(
    'stoneware-mug', 'Stoneware mug', 'A wide handle, and a rim that is kind.',
    'The teapot''s smaller relative. Heavy at the foot and thin at the rim, with a handle for three fingers. Holds 0.3 litres. Goes into the dishwasher.',
    'products/mug.svg', 1800
),
(
    'assam-tin', 'Assam in a tin', 'Dark, malty, and forgiving.',
    'A second-flush Assam that can be left to steep while you finish the page. 125 grams of loose leaves in a tin that closes tightly.',
    'products/tin.svg', 980
),
(
    'reading-lamp', 'Reading lamp', 'Lights the book, not the room.',
    'A brass arm on a steel foot, and a shade that keeps the light where it belongs. The dimmer is in the foot. Comes with a warm bulb that can be replaced.',
    'products/lamp.svg', 8900
),
(
    'wool-blanket', 'Wool blanket', 'For windows left open.',
    'Woven from undyed wool with a band of ochre at each end. Large enough for two, or for one who is serious about it. 140 by 200 centimetres.',
    'products/blanket.svg', 12000
),
(
    'beeswax-candle', 'Beeswax candle', 'Forty quiet hours.',
    'Poured from pure beeswax with a cotton wick. It burns for about forty hours, smells faintly of honey, and does not drip if you trim the wick.',
    'products/candle.svg', 1400
),
(
    'dotted-notebook', 'Dotted notebook', 'Lies flat wherever you open it.',
    '192 pages of 100 gram paper with a dot every five millimetres, sewn in sections and bound in cloth. A ribbon, a pocket, and no elastic band.',
    'products/notebook.svg', 1250
),
(
    'long-matches', 'Long matches', 'They reach the last wick.',
    'Eighty matches of aspen, ten centimetres long, in a box with a striking strip on both sides.',
    'products/matches.svg', 450
);
