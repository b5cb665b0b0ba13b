// Writes insights/data/brands.tsv and insights/data/words.tsv from two public npm packages:
//   node tools/brands.mjs DIRECTORY-OF-name-suggestion-index DIRECTORY-OF-id-tagging-schema
// Same packages, same bytes. What a tag means in our taxonomy is insights/data/tags.tsv.
import { readFileSync, writeFileSync } from "node:fs";

const [brandIndex, taggingSchema] = process.argv.slice(2);
const here = new URL("../insights/data/", import.meta.url);
const json = (path) => JSON.parse(readFileSync(path, "utf8"));

const categories = new Map();
for (const line of readFileSync(new URL("tags.tsv", here), "utf8").split("\n")) {
  if (line === "" || line.startsWith("#")) continue;
  const [category, tags] = line.split("\t");
  for (const tag of tags.split(" ")) categories.set(tag, category);
}

// As insights/src/text.rs folds: letters without marks, the rest one space.
const folded = (text) =>
  text
    .toLowerCase()
    .replaceAll(/['’`´]/g, "")
    .replaceAll("ß", "ss").replaceAll("æ", "ae").replaceAll("ø", "o").replaceAll("đ", "d").replaceAll("ł", "l")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
const latin = (text) => /^[a-z0-9 ]+$/.test(text) && /[a-z]/.test(text) && text.length >= 2 && text.length <= 40;
const compare = (one, two) => (one < two ? -1 : one > two ? 1 : 0);

function brands() {
  const { nsi } = json(`${brandIndex}/dist/json/nsi.min.json`);
  // Name and category to the countries it is known in.
  const known = new Map();
  for (const [path, { items }] of Object.entries(nsi)) {
    const [tree, key, value] = path.split("/");
    const category = categories.get(`${key}/${value}`);
    if (!["brands", "operators", "transit"].includes(tree) || !category) continue;
    for (const item of items ?? []) {
      const { name, brand, operator, network } = item.tags;
      const names = new Set([item.displayName, name, brand, operator, network, ...(item.matchNames ?? [])].filter(Boolean).map(folded));
      for (const one of names) {
        if (!latin(one)) continue;
        const key = `${category}\t${one}`;
        const places = known.get(key) ?? known.set(key, new Set()).get(key);
        for (const place of item.locationSet.include ?? []) {
          const country = String(place).slice(0, 2).toLowerCase();
          places.add(/^[a-z]{2}$/.test(country) && String(place).length !== 3 ? country : "*");
        }
      }
    }
  }
  const lines = ["# Names of merchants: name, countries. From the OSM Name Suggestion Index; see NOTICE."];
  let before = "";
  for (const key of [...known.keys()].sort(compare)) {
    const [category, name] = key.split("\t");
    if (category !== before) lines.push(`= ${category}`);
    before = category;
    const places = [...known.get(key)].sort(compare);
    const wide = places.includes("*") || places.length > 12 ? ["*", ...places.filter((place) => place === "fi")] : places;
    lines.push(`${name}\t${wide.join(" ")}`);
  }
  return lines;
}

const LANGUAGES = ["en", "fi", "sv", "de", "da", "et", "nl", "fr", "es", "it", "pt", "pl"];

function words() {
  const presets = json(`${taggingSchema}/dist/presets.min.json`);
  const categoryOf = (id) => {
    const tags = presets[id]?.tags ?? {};
    for (const [key, value] of Object.entries(tags)) {
      const category = categories.get(`${key}/${value}`);
      if (category) return category;
    }
    return undefined;
  };
  const known = new Set();
  const add = (id, texts) => {
    const category = categoryOf(id);
    if (!category) return;
    for (const text of texts) {
      const one = folded(text ?? "");
      if (latin(one) && one.length >= 3) known.add(`${category}\t${one}`);
    }
  };
  for (const [id, preset] of Object.entries(presets)) {
    add(id, [preset.name, ...(preset.terms ?? [])].filter((text) => !String(text).startsWith("{")));
  }
  for (const language of LANGUAGES) {
    const read = json(`${taggingSchema}/dist/translations/${language}.min.json`);
    const translated = read[language]?.presets?.presets ?? {};
    for (const [id, preset] of Object.entries(translated)) {
      add(id, [preset.name, ...String(preset.terms ?? "").split(","), ...String(preset.aliases ?? "").split("\n")]);
    }
  }
  const lines = ["# Words of trades. From id-tagging-schema; see NOTICE."];
  let before = "";
  for (const key of [...known].sort(compare)) {
    const [category, word] = key.split("\t");
    if (category !== before) lines.push(`= ${category}`);
    before = category;
    lines.push(word);
  }
  return lines;
}

writeFileSync(new URL("brands.tsv", here), brands().join("\n") + "\n");
writeFileSync(new URL("words.tsv", here), words().join("\n") + "\n");
