// What a table answers, and why.
export * from './lookup.js'
export {capturesCertain, type Match, Matcher} from './match.js'
