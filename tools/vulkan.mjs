/** A GPU in software for the tests of WebGPU in Node, where the machine has no other. */
import { existsSync, readdirSync } from 'node:fs';

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const drivers = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * Environment variables that point the Vulkan loader at the SwiftShader that comes with Chromium; none where a driver is
 * installed or named already, or SwiftShader is missing.
 *
 * @returns {Record<string, string>}
 */
export function softwareVulkan() {
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, XDG_RUNTIME_DIR = '/tmp' } = process.env;
  const installed = drivers.some((folder) => existsSync(folder) && readdirSync(folder).length > 0);
  if (VK_ICD_FILENAMES || VK_DRIVER_FILES || installed || !existsSync(swiftShader)) return {};
  return { VK_ICD_FILENAMES: swiftShader, XDG_RUNTIME_DIR };
}
