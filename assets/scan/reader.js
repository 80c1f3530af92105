// Reads a QR code from a video frame or a picture: with the browser's BarcodeDetector where it works,
// else with zxing in WebAssembly, which this server hands out in the version of this script.
import wasm from "zxing-wasm/reader/zxing_reader.wasm";

const LONGEST_SIDE = { live: 1280, hard: 2400 };

async function nativeDetector() {
  const formats = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  return formats?.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

async function zxing() {
  const { prepareZXingModule, readBarcodes } = await import("zxing-wasm/reader");
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return readBarcodes;
}

function pixels(source, most) {
  const width = source.videoWidth ?? source.width;
  const height = source.videoHeight ?? source.height;
  if (!width || !height) return null;
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

export function createReader() {
  let native;
  let readBarcodes;

  async function read(source, { hard = false } = {}) {
    if (native === undefined) native = await nativeDetector();
    if (native) {
      const [found] = await native.detect(source).catch(() => { native = null; return []; });
      if (found) return found.rawValue;
      if (native && !hard) return null;
    }
    const image = pixels(source, hard ? LONGEST_SIDE.hard : LONGEST_SIDE.live);
    if (!image) return null;
    readBarcodes ??= await zxing();
    const options = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: hard, maxNumberOfSymbols: 1 };
    const [found] = await readBarcodes(image, options);
    return found?.text || null;
  }
  return { read };
}
