//! Paints egui's meshes on the CPU, so that pictures need no GPU, no driver and no display.
//!
//! Blends as egui's own renderers do: premultiplied, in gamma space, bilinear textures, the top-left rule
//! for pixels on a shared edge. Works by rows: each triangle becomes one span a row, and a span of one
//! opaque colour is a plain fill. Does not do paint callbacks or mipmaps.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names,
    clippy::disallowed_methods,
    clippy::iter_over_hash_type,
    reason = "places and channels of a picture; corners and coordinates have short names; textures come in any order"
)]

use egui::epaint::{Primitive, Vertex};
use egui::{ClippedPrimitive, Color32, ImageData, Pos2, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use std::collections::HashMap;

struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
}

/// See the module.
#[derive(Default)]
pub struct SoftRenderer {
    textures: HashMap<TextureId, Texture>,
}

impl TestRenderer for SoftRenderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, patches) in delta.set.drain() {
            for patch in patches {
                let ImageData::Color(image) = &patch.image;
                let [width, height] = image.size;
                if let Some([left, top]) = patch.pos {
                    let Some(texture) = self.textures.get_mut(&id) else { continue };
                    for (row, line) in image.pixels.chunks_exact(width).enumerate() {
                        let at = (top + row) * texture.width + left;
                        texture.pixels[at..at + width].copy_from_slice(line);
                    }
                } else {
                    self.textures.insert(id, Texture { width, height, pixels: image.pixels.clone() });
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize);
        for ClippedPrimitive { clip_rect, primitive } in ctx.tessellate(output.shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            canvas.clip(clip_rect * scale);
            for corners in mesh.indices.chunks_exact(3) {
                let corners = [0, 1, 2].map(|at| mesh.vertices[corners[at] as usize]);
                canvas.triangle(corners, scale, texture);
            }
        }
        canvas.into_image()
    }
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
    columns: [i32; 2],
    rows: [i32; 2],
}

/// A value that changes evenly over a triangle: at a corner, and by step to the right and down.
#[derive(Clone, Copy)]
struct Plane {
    base: f32,
    right: f32,
    down: f32,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![Color32::TRANSPARENT; width * height], columns: [0; 2], rows: [0; 2] }
    }

    fn clip(&mut self, rect: egui::Rect) {
        let within = |at: f32, most: usize| at.round().clamp(0.0, most as f32) as i32;
        self.columns = [within(rect.left(), self.width), within(rect.right(), self.width)];
        self.rows = [within(rect.top(), self.height), within(rect.bottom(), self.height)];
    }

    fn triangle(&mut self, mut corners: [Vertex; 3], scale: f32, texture: &Texture) {
        if corners.iter().all(|corner| corner.color == Color32::TRANSPARENT) {
            return;
        }
        for corner in &mut corners {
            corner.pos = (corner.pos.to_vec2() * scale).to_pos2();
        }
        let mut area = cross(corners[0].pos, corners[1].pos, corners[2].pos);
        if area < 0.0 {
            corners.swap(1, 2);
            area = -area;
        }
        if area == 0.0 {
            return;
        }
        let [a, b, c] = corners;
        // Values are planes over the pixels: value(x, y) = base + right * x + down * y.
        let plane = |of: &dyn Fn(&Vertex) -> f32| {
            let (va, vb, vc) = (of(&a), of(&b), of(&c));
            let (ab, ac) = (b.pos - a.pos, c.pos - a.pos);
            let right = ((vb - va) * ac.y - (vc - va) * ab.y) / area;
            let down = ((vc - va) * ab.x - (vb - va) * ac.x) / area;
            Plane { base: va - right * a.pos.x - down * a.pos.y, right, down }
        };
        let flat_color = a.color == b.color && b.color == c.color;
        let flat_texture = a.uv == b.uv && b.uv == c.uv;
        let flat = (flat_color && flat_texture).then(|| {
            let texel = texture.sample(a.uv.x * texture.width as f32 - 0.5, a.uv.y * texture.height as f32 - 0.5);
            times(a.color.to_array().map(f32::from), texel)
        });
        let channels = [0, 1, 2, 3].map(|at| plane(&|corner| f32::from(corner.color.to_array()[at])));
        let u = plane(&|corner| corner.uv.x * texture.width as f32 - 0.5);
        let v = plane(&|corner| corner.uv.y * texture.height as f32 - 0.5);
        let texel = texture.sample(u.base, v.base);

        let lowest = a.pos.y.min(b.pos.y).min(c.pos.y);
        let highest = a.pos.y.max(b.pos.y).max(c.pos.y);
        // A pixel belongs to a triangle where its middle does.
        let first = ((lowest - 0.5).ceil() as i32).max(self.rows[0]);
        let last = ((highest - 0.5).ceil() as i32).min(self.rows[1]);
        for y in first..last {
            let middle = y as f32 + 0.5;
            let Some((from, to)) = span([a.pos, b.pos, c.pos], middle) else { continue };
            let from = ((from - 0.5).ceil() as i32).max(self.columns[0]);
            let to = ((to - 0.5).ceil() as i32).min(self.columns[1]);
            if from >= to {
                continue;
            }
            let line = y as usize * self.width;
            let line = &mut self.pixels[line + from as usize..line + to as usize];
            let start = from as f32 + 0.5;
            match flat {
                Some(color) if color[3] >= 254.5 => line.fill(opaque(color)),
                Some(color) => line.iter_mut().for_each(|pixel| blend(pixel, color)),
                None => {
                    let mut color = channels.map(|plane| plane.base + plane.right * start + plane.down * middle);
                    let mut at = [u, v].map(|plane| plane.base + plane.right * start + plane.down * middle);
                    for pixel in line {
                        let texel = if flat_texture { texel } else { texture.sample(at[0], at[1]) };
                        blend(pixel, times(color, texel));
                        for (value, plane) in color.iter_mut().zip(&channels) {
                            *value += plane.right;
                        }
                        at[0] += u.right;
                        at[1] += v.right;
                    }
                }
            }
        }
    }

    fn into_image(self) -> Result<image::RgbaImage, String> {
        let bytes = self.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect();
        image::RgbaImage::from_raw(self.width as u32, self.height as u32, bytes).ok_or_else(|| "no size".to_owned())
    }
}

/// Twice the area of a triangle, positive where it turns clockwise on the screen.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// Where the line at `y` enters and leaves a triangle.
fn span(corners: [Pos2; 3], y: f32) -> Option<(f32, f32)> {
    let (mut from, mut to) = (f32::INFINITY, f32::NEG_INFINITY);
    for (one, other) in [(0, 1), (1, 2), (2, 0)] {
        // From the upper end, so that an edge gives the same x to both of its triangles.
        let (upper, lower) = if corners[one].y <= corners[other].y { (one, other) } else { (other, one) };
        let (upper, lower) = (corners[upper], corners[lower]);
        if upper.y <= y && y < lower.y {
            let x = upper.x + (lower.x - upper.x) * ((y - upper.y) / (lower.y - upper.y));
            from = from.min(x);
            to = to.max(x);
        }
    }
    (from < to).then_some((from, to))
}

impl Texture {
    /// Bilinear, clamped to the edge; texel middles stand at whole numbers. From 0 to 1.
    fn sample(&self, x: f32, y: f32) -> [f32; 4] {
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right_part, lower_part) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| {
            let pixel = self.pixels[y.min(self.height - 1) * self.width + x.min(self.width - 1)];
            pixel.to_array().map(|part| f32::from(part) / 255.0)
        };
        if right_part < 0.004 && lower_part < 0.004 {
            return at(left, top);
        }
        let mix = |one: [f32; 4], other: [f32; 4], part: f32| {
            std::array::from_fn::<f32, 4, _>(|channel| one[channel] + (other[channel] - one[channel]) * part)
        };
        let upper = mix(at(left, top), at(left + 1, top), right_part);
        mix(upper, mix(at(left, top + 1), at(left + 1, top + 1), right_part), lower_part)
    }
}

fn times(color: [f32; 4], texel: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|channel| color[channel] * texel[channel])
}

fn opaque(color: [f32; 4]) -> Color32 {
    let [red, green, blue, _] = color.map(|part| (part + 0.5) as u8);
    Color32::from_rgb(red, green, blue)
}

fn blend(pixel: &mut Color32, color: [f32; 4]) {
    if color[3] < 0.5 && color[0].max(color[1]).max(color[2]) < 0.5 {
        return;
    }
    let keep = 1.0 - color[3] / 255.0;
    let under = pixel.to_array();
    // `as` stops at 0 and 255.
    let over: [u8; 4] = std::array::from_fn(|channel| (color[channel] + f32::from(under[channel]) * keep + 0.5) as u8);
    *pixel = Color32::from_rgba_premultiplied(over[0], over[1], over[2], over[3]);
}
