/** The package has types for the whole of hls.js only. What is left out of the light build is not used here. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
