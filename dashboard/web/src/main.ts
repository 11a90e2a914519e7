import { mount } from 'svelte'
import App from './App.svelte'
import { followTaps } from './ringing/device.svelte'
import './styles/palette.css'
import './styles/base.css'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no #app')
followTaps()
mount(App, { target })
