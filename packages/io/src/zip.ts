/**
 * The part of the ZIP format that .npz files use: the central directory (with ZIP64 sizes, which NumPy forces), members
 * stored or deflated, checksums verified (PKWARE APPNOTE 6.3, sections 4.3 and 4.5.3).
 */
import { inflateSync } from 'fflate';
import { FileFormatError } from './errors.ts';

/** One member of an archive, as the central directory describes it. */
export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly offset: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const END_OF_DIRECTORY_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;

/**
 * Lists the members of an archive.
 * @param bytes - the whole archive
 * @param file - name used in messages
 * @throws FileFormatError if it is truncated or no ZIP archive
 */
export function listZip(bytes: Uint8Array, file: string): ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  if (end < 0) {
    const begun = bytes.length >= 4 && view.getUint32(0, true) === LOCAL_HEADER;
    throw begun
      ? new FileFormatError(file, 'truncated: the archive has no end', 'copy or write the file again')
      : new FileFormatError(file, 'not a .npz file (no ZIP archive)', 'save it with np.savez');
  }
  let count = view.getUint16(end + 10, true);
  let position = view.getUint32(end + 16, true);
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
    const end64 = Number(view.getBigUint64(end - 12, true));
    if (end64 + 56 <= bytes.length && view.getUint32(end64, true) === END_OF_DIRECTORY_64) {
      count = Number(view.getBigUint64(end64 + 32, true));
      position = Number(view.getBigUint64(end64 + 48, true));
    }
  }
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (position + 46 > bytes.length || view.getUint32(position, true) !== DIRECTORY_ENTRY) {
      throw new FileFormatError(file, 'the list of members is damaged', 'copy or write the file again');
    }
    const nameLength = view.getUint16(position + 28, true);
    const extraLength = view.getUint16(position + 30, true);
    const commentLength = view.getUint16(position + 32, true);
    const name = new TextDecoder().decode(bytes.subarray(position + 46, position + 46 + nameLength));
    const sizes = {
      size: view.getUint32(position + 24, true),
      compressedSize: view.getUint32(position + 20, true),
      offset: view.getUint32(position + 42, true),
    };
    readZip64(view, position + 46 + nameLength, extraLength, sizes);
    const flags = view.getUint16(position + 8, true);
    if (flags & 1) throw new FileFormatError(file, `member ${name} is encrypted`, 'save it with np.savez');
    members.push({
      name,
      method: view.getUint16(position + 10, true),
      crc32: view.getUint32(position + 16, true),
      ...sizes,
    });
    position += 46 + nameLength + extraLength + commentLength;
  }
  return members;
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= lowest; at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  return -1;
}

function readZip64(
  view: DataView,
  start: number,
  length: number,
  sizes: { size: number; compressedSize: number; offset: number },
): void {
  const end = Math.min(start + length, view.byteLength);
  for (let at = start; at + 4 <= end; ) {
    const id = view.getUint16(at, true);
    const fieldLength = view.getUint16(at + 2, true);
    if (id === 1) {
      let field = at + 4;
      for (const key of ['size', 'compressedSize', 'offset'] as const) {
        if (sizes[key] === 0xffffffff && field + 8 <= end) {
          sizes[key] = Number(view.getBigUint64(field, true));
          field += 8;
        }
      }
    }
    at += 4 + fieldLength;
  }
}

/**
 * The bytes of one member, decompressed and checked.
 * @throws FileFormatError if it is damaged, truncated, or compressed by a method that is not read
 */
export function readZipMember(bytes: Uint8Array, member: ZipMember, file: string): Uint8Array {
  const damaged = (problem: string): FileFormatError =>
    new FileFormatError(file, `member ${member.name} ${problem}`, 'copy or write the file again');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { offset } = member;
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL_HEADER)
    throw damaged('is missing');
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + member.compressedSize > bytes.length) throw damaged('is truncated');
  const raw = bytes.subarray(start, start + member.compressedSize);
  let content: Uint8Array;
  if (member.method === 0) content = raw;
  else if (member.method === 8) {
    try {
      content = inflateSync(raw, { out: new Uint8Array(member.size) });
    } catch {
      throw damaged('cannot be decompressed');
    }
  } else {
    throw new FileFormatError(
      file,
      `member ${member.name} is compressed by method ${member.method}`,
      'save it with np.savez_compressed',
    );
  }
  if (content.length !== member.size || crc32(content) !== member.crc32)
    throw damaged('is damaged (checksum)');
  return content;
}

const CRC_TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

/** The CRC-32 checksum of ZIP and PNG. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) c = CRC_TABLE[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
