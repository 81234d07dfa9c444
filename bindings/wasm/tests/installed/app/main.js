import { roundTrip } from "./round-trip.js";

const say = (text) => (document.title = text);
roundTrip().then(JSON.stringify, String).then(say);
