/** A telephone's photo as it is sent: made smaller, as JPEG, and without where it was taken. */

const LONGEST_SIDE = 1_920
const QUALITY = 0.85

/** The photo in base64; null: it is none that this browser can read. */
export async function shrink(file: Blob): Promise<string | null> {
  let picture: ImageBitmap
  try {
    picture = await createImageBitmap(file)
  } catch {
    return null // the browser says no more than that it cannot
  }
  const share = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * share))
  canvas.height = Math.max(1, Math.round(picture.height * share))
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return canvas.toDataURL('image/jpeg', QUALITY).split(',')[1] ?? null
}
