import { onScopeDispose, ref } from 'vue'

const storageKey = 'kakilima.desk-sound'
const pauseMs = 2000
const volume = 0.15
/** Two tones, as of a bell over a door: hertz, and when each begins and how long it sounds, in seconds. */
const tones = [
  { hertz: 880, at: 0, lasts: 0.18 },
  { hertz: 1318.5, at: 0.16, lasts: 0.34 },
]

/**
 * A sound for the desk, made of nothing but numbers. Off until somebody on this device turns it on. Browsers let a page sound only after
 * somebody touched it, so that after a reload the first touch wakes it.
 */
export function useSound() {
  const isOn = ref(localStorage.getItem(storageKey) === 'on')
  let context: AudioContext | undefined
  let lastMs = -Infinity

  function wake(): void {
    if (!isOn.value) return
    context ??= new AudioContext()
    if (context.state === 'suspended') void context.resume()
  }

  function turn(on: boolean): void {
    isOn.value = on
    localStorage.setItem(storageKey, on ? 'on' : 'off')
    if (!on) return
    wake()
    play()
  }

  /** Sounds, unless it just did. */
  function play(): void {
    if (!isOn.value || context === undefined || performance.now() - lastMs < pauseMs) return
    lastMs = performance.now()
    for (const { hertz, at, lasts } of tones) {
      const begin = context.currentTime + at
      const tone = new OscillatorNode(context, { type: 'sine', frequency: hertz })
      const loudness = new GainNode(context, { gain: 0 })
      loudness.gain.setValueAtTime(0, begin)
      loudness.gain.linearRampToValueAtTime(volume, begin + 0.02)
      loudness.gain.exponentialRampToValueAtTime(0.0001, begin + lasts)
      tone.connect(loudness).connect(context.destination)
      tone.start(begin)
      tone.stop(begin + lasts)
    }
  }

  const touches = ['pointerdown', 'keydown'] as const
  for (const touch of touches) window.addEventListener(touch, wake)
  onScopeDispose(() => {
    for (const touch of touches) window.removeEventListener(touch, wake)
    void context?.close()
  })
  return { isOn, turn, play }
}
