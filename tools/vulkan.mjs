/** A GPU in software for the tests of WebGPU in Node, where the machine has no other. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

const drivers = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * Environment variables that point the Vulkan loader at the SwiftShader that comes with Chromium; none where a driver is
 * installed or named already, or SwiftShader is missing.
 *
 * @param {string | undefined} chromium path of the Chromium that was found
 * @returns {Record<string, string>}
 */
export function softwareVulkan(chromium) {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, XDG_RUNTIME_DIR = '/tmp' } = process.env;
  const installed = drivers.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);
  // Debian's folder, for its chromium is a script; elsewhere SwiftShader lies beside the program itself.
  const folders = ['/usr/lib/chromium', ...(chromium ? [dirname(realpathSync(chromium))] : [])];
  const swiftShader = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find(existsSync);
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES || installed || !swiftShader) return {};
  return { VK_ICD_FILENAMES: swiftShader, XDG_RUNTIME_DIR };
}
